import { openSync, writeSync } from 'node:fs'

/** Where each execution of a tool leaves a line that outlives the process. */
export interface ExecutionLog {
  write(callId: string, tool: string): void
}

/** The file is shared by all processes that append to it. */
export function openExecutionLog(file: string | undefined, server: string): ExecutionLog {
  if (file === undefined) return { write: () => undefined }
  const fd = openSync(file, 'a')
  return {
    write(callId, tool) {
      writeSync(fd, `${callId}\t${tool}\t${server}\t${process.pid}\t${Date.now()}\n`)
    },
  }
}
