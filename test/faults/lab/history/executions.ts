import { readFileSync } from 'node:fs'

/** One time that a tool really ran. */
export interface Execution {
  readonly callId: string
  readonly tool: string
  /** The name of the server that ran it. */
  readonly server: string
  /** As the server itself sees it: processes in namespaces of their own share numbers. */
  readonly pid: number
  readonly atMs: number
}

/** What the servers that share this log have run so far. */
export function readExecutions(file: string): readonly Execution[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [callId = '', tool = '', server = '', pid, atMs] = line.split('\t')
      return { callId, tool, server, pid: Number(pid), atMs: Number(atMs) }
    })
}
