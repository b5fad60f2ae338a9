import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** What may be wrong with one direction of a connection; left out is healthy. */
export interface Toxics {
  readonly latencyMs?: number
  readonly jitterMs?: number
  readonly bytesPerSecond?: number
  /** Bytes go on in pieces of this size, each written by itself. */
  readonly sliceBytes?: number
  readonly sliceEveryMs?: number
  /** Closes the connection in order once so many bytes of this direction have passed. */
  readonly limitBytes?: number
  /** Resets the connection once so many bytes of this direction have passed. */
  readonly resetAfterBytes?: number
  /** Swallows everything, and says nothing. */
  readonly isBlackhole?: boolean
  /** Ends only this direction once so many bytes have passed; the other one stays open. */
  readonly halfCloseAfterBytes?: number
  /** How long the end of this direction is held back. */
  readonly closeDelayMs?: number
}

interface PipeOptions {
  readonly toxics: () => Toxics
  /** Resets both sides. */
  readonly reset: () => void
}

/** More than this is waited for, as a real way would. */
const bufferedBytes = 1024 * 1024

/** Carries bytes one way; what the toxics say at the moment the bytes come holds for them. */
export function createPipe(from: Socket, to: Socket, { toxics, reset }: PipeOptions): void {
  const way: Way = { to, passed: 0, isOver: false, reset }
  let moving: Promise<void> | undefined
  let waiting = 0

  const enqueue = (work: () => Promise<void>): void => {
    const next = (moving ?? Promise.resolve()).then(work)
    moving = next
    void next.finally(() => {
      if (moving === next) moving = undefined
    })
  }
  from.on('data', (bytes: Buffer) => {
    const now = toxics()
    // The healthy way costs a write and nothing more.
    if (moving === undefined && isHealthy(now)) return passOn(way, bytes, from)
    waiting += bytes.length
    if (waiting > bufferedBytes) from.pause()
    const dueAt = performance.now() + delayOf(now)
    enqueue(async () => {
      await untilDue(dueAt)
      await carry(way, bytes, now)
      waiting -= bytes.length
      if (waiting <= bufferedBytes) from.resume()
    })
  })
  from.on('end', () => {
    const { closeDelayMs = 0 } = toxics()
    enqueue(async () => {
      if (closeDelayMs > 0) await pause(closeDelayMs)
      if (!way.isOver) to.end()
    })
  })
  from.on('close', (hadError) => {
    if (hadError) to.resetAndDestroy()
  })
}

interface Way {
  readonly to: Socket
  readonly reset: () => void
  passed: number
  /** Nothing of this direction goes on any more. */
  isOver: boolean
}

function isHealthy(toxics: Toxics): boolean {
  for (const name in toxics) if (name !== 'closeDelayMs') return false
  return true
}

function passOn(way: Way, bytes: Buffer, from: Socket): void {
  way.passed += bytes.length
  if (way.isOver || !way.to.writable) return
  if (way.to.write(bytes)) return
  from.pause()
  way.to.once('drain', () => from.resume())
}

function delayOf({ latencyMs = 0, jitterMs = 0 }: Toxics): number {
  return latencyMs + Math.random() * jitterMs
}

async function untilDue(dueAt: number): Promise<void> {
  const restMs = dueAt - performance.now()
  if (restMs > 0) await pause(restMs)
}

async function carry(way: Way, bytes: Buffer, toxics: Toxics): Promise<void> {
  if (way.isOver || toxics.isBlackhole === true) return
  const limit = Math.min(
    toxics.limitBytes ?? Infinity,
    toxics.resetAfterBytes ?? Infinity,
    toxics.halfCloseAfterBytes ?? Infinity,
  )
  const allowed = bytes.subarray(0, Math.max(0, limit - way.passed))
  way.passed += bytes.length
  await write(way, allowed, toxics)
  if (way.passed < limit) return

  way.isOver = true
  if (limit === toxics.resetAfterBytes) return way.reset()
  way.to.end()
  if (limit === toxics.limitBytes) way.to.destroySoon()
}

async function write(way: Way, bytes: Buffer, toxics: Toxics): Promise<void> {
  const { sliceBytes, sliceEveryMs = 0, bytesPerSecond } = toxics
  const step = sliceBytes ?? (bytesPerSecond ? Math.max(1, bytesPerSecond / 50) : bytes.length)
  const everyMs = bytesPerSecond ? (step / bytesPerSecond) * 1000 : sliceEveryMs
  for (let at = 0; at < bytes.length && way.to.writable; at += Math.ceil(step)) {
    way.to.write(bytes.subarray(at, at + Math.ceil(step)))
    if (sliceBytes !== undefined || bytesPerSecond !== undefined) await pause(everyMs)
  }
}
