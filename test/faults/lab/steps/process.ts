import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Runners } from './runners.ts'

/** What becomes of the process and its pipes. */
export interface ProcessSteps {
  /** Ends the process at once, with nothing flushed: by this exit code, or by this signal. */
  crash: { readonly code?: number; readonly signal?: NodeJS.Signals }
  /** Closes a pipe and lives on. */
  close: { readonly what: 'stdin' | 'stdout' | 'stderr' }
  /** Reads nothing more from stdin, for ever or for a while. */
  stopReading: { readonly ms?: number }
  /** So many bytes on stderr, written before the next step, whoever reads them. */
  stderr: { readonly bytes: number; readonly lineBytes?: number }
  /** A child that ignores every signal it may ignore, and holds the pipes. */
  grandchild: object
}

export const processRunners: Runners<ProcessSteps> = {
  crash({ code = 1, signal }) {
    if (signal === undefined) process.exit(code)
    else process.kill(process.pid, signal)
    // A signal takes a moment to come, and the first process of a namespace cannot kill itself by one.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
    process.abort()
  },
  close({ what }, { world }) {
    world.closePipe(what)
  },
  async stopReading({ ms }) {
    process.stdin.pause()
    if (ms === undefined) return
    await pause(ms)
    process.stdin.resume()
  },
  stderr({ bytes, lineBytes = 1024 }) {
    const line = Buffer.from(`${'e'.repeat(lineBytes - 1)}\n`)
    for (let left = bytes; left > 0; left -= line.length) writeAll(2, line.subarray(0, left))
  },
  grandchild(_step, { world }) {
    const forever = "for (const s of ['SIGTERM','SIGINT','SIGHUP']) process.on(s, () => {});"
    spawn(process.execPath, ['-e', `${forever} setInterval(() => {}, 1000)`, world.mark], {
      stdio: 'inherit',
    }).unref()
  },
}

/** Writes all of it before it returns, also where the pipe takes a part at a time. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSome(fd, bytes.subarray(at))
}

function writeSome(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes)
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EAGAIN')) throw cause
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    return 0
  }
}
