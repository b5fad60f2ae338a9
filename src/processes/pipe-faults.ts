import { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import type { StartedChild } from './child-tree.ts'
import { watchNamespacePipes } from './namespace-pipes.ts'
import type { PipeEnd } from './namespace-pipes.ts'

const silenceMs = 1000

/** A pipe to a program breaks when the program ends: that is its end and no error of ours. */
export function stopWhenBroken(
  { stdin, stdout, stderr }: StartedChild,
  stop: () => Promise<void>,
): void {
  for (const pipe of [stdin, stdout, stderr]) pipe.on('error', () => void stop())
}

/** Resolves when the output has been closed for a second and the program still runs; never otherwise. */
export function fallsSilent(
  child: StartedChild,
  exited: Promise<unknown>,
  stop: () => Promise<void>,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let timer: NodeJS.Timeout | undefined
  let hasExited = false
  child.stdout.once('end', () => {
    if (!hasExited) timer = setTimeout(resolve, silenceMs).unref()
  })
  void exited.then(() => {
    hasExited = true
    clearTimeout(timer)
  })
  const onClosed = (pipe: PipeEnd) => {
    if (pipe === 1) resolve()
    // One who cannot be told anything any more is of no use, unless it has been told everything.
    else if (!child.stdin.writableEnded) void stop()
  }
  if (child.containment === 'namespace') watchNamespacePipes(child.pid, exited, onClosed)
  return promise
}

/** Tells how long bytes have waited without any being read, counted from the first question that saw them. */
export function createStallClock(stdin: Writable): (now: number) => number {
  let readBytes = 0
  let since: number | undefined

  return (now) => {
    const waitingBytes = stdin.writableLength
    if (waitingBytes === 0 || stdin.destroyed) {
      since = undefined
      return 0
    }
    const nowRead = (stdin instanceof Socket ? stdin.bytesWritten : 0) - waitingBytes
    if (since === undefined || nowRead !== readBytes) since = now
    readBytes = nowRead
    return now - since
  }
}
