import type { Payload } from './bytes.ts'
import { payloadLength } from './bytes.ts'

/** What carries frames; each arrives whole and in order, as long as the connection lasts. */
export interface FrameSocket {
  send(frame: Buffer): void
}

export interface MultiplexOptions {
  /** How much may be on its way without having arrived. */
  readonly windowBytes: number
  /** Tells the other side how many frames have arrived. */
  readonly acknowledge: (received: number) => void
}

export interface Arrived {
  readonly kind: number
  readonly stream: number
  readonly content: Buffer
}

interface Waiting {
  readonly frame: Buffer
  readonly tag: number
}

export const frameHeadBytes = 5
/** So many frames, or so much of the window, and the other side is told that they have arrived. */
const acknowledgeFrames = 32
const acknowledgeParts = 8

/**
 * The frames of several streams over one connection that may be lost and replaced by another. Frames are counted and
 * kept until they have arrived, so that on the next connection only those that did not are sent again. While much is
 * on its way further frames wait, and streams take turns.
 */
export class Multiplex {
  readonly #options: MultiplexOptions
  #socket: FrameSocket | undefined
  /** By stream; made when first needed, because most connections are idle. */
  #waiting: Map<number, Waiting[]> | undefined
  #waitingBytes = 0
  #unarrived: Buffer[] = []
  #unarrivedBytes = 0
  #arrivedCount = 0
  #received = 0
  #acknowledged = 0
  #unacknowledgedBytes = 0

  constructor(options: MultiplexOptions) {
    this.#options = options
  }

  /** How many frames have come in. */
  get received(): number {
    return this.#received
  }

  /** What has not been written to any connection yet. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** Sends a frame when its turn comes; by its tag it can be told later that it was never sent. */
  send(kind: number, stream: number, content: Payload, tag = 0): void {
    const frame = frameOf(kind, stream, content)
    if (this.#waitingBytes === 0 && this.#mayWrite) return this.#write(frame)
    this.#waiting ??= new Map()
    const queue = this.#waiting.get(stream)
    if (queue) queue.push({ frame, tag })
    else this.#waiting.set(stream, [{ frame, tag }])
    this.#waitingBytes += frame.length
  }

  /** Goes on over this connection; `arrived` is how many frames of ours the other side has. False when that cannot be. */
  attach(socket: FrameSocket, arrived: number): boolean {
    if (!this.arrived(arrived)) return false
    this.#socket = socket
    for (const frame of this.#unarrived) socket.send(frame)
    this.#pump()
    return true
  }

  /** The connection is gone. */
  detach(): void {
    this.#socket = undefined
  }

  /** The other side has so many frames of ours. False when that cannot be. */
  arrived(count: number): boolean {
    const news = count - this.#arrivedCount
    if (news < 0 || news > this.#unarrived.length) return false
    for (const frame of this.#unarrived.splice(0, news)) this.#unarrivedBytes -= frame.length
    this.#arrivedCount = count
    this.#pump()
    return true
  }

  /** Takes a frame in; undefined when it is none. */
  take(frame: Buffer): Arrived | undefined {
    if (frame.length < frameHeadBytes) return undefined
    this.#received++
    this.#unacknowledgedBytes += frame.length
    const dueBytes = this.#options.windowBytes / acknowledgeParts
    if (
      this.#received - this.#acknowledged >= acknowledgeFrames ||
      this.#unacknowledgedBytes >= dueBytes
    )
      this.acknowledge()
    return {
      kind: frame.readUInt8(0),
      stream: frame.readUInt32BE(1),
      content: frame.subarray(frameHeadBytes),
    }
  }

  /** Tells the other side what has arrived, if it does not know. */
  acknowledge(): void {
    if (this.#acknowledged === this.#received) return
    this.#acknowledged = this.#received
    this.#unacknowledgedBytes = 0
    this.#options.acknowledge(this.#received)
  }

  /** Takes back what waits on a stream; returns the tags of those frames. */
  drop(stream: number): readonly number[] {
    const queue = this.#waiting?.get(stream)
    if (!queue) return []
    this.#waiting?.delete(stream)
    for (const { frame } of queue) this.#waitingBytes -= frame.length
    return queue.map(({ tag }) => tag)
  }

  get #mayWrite(): boolean {
    return this.#socket !== undefined && this.#unarrivedBytes < this.#options.windowBytes
  }

  #write(frame: Buffer): void {
    this.#unarrived.push(frame)
    this.#unarrivedBytes += frame.length
    this.#socket?.send(frame)
  }

  #pump(): void {
    while (this.#waiting && this.#waiting.size > 0 && this.#mayWrite) {
      for (const [stream, queue] of this.#waiting) {
        const next = queue.shift()
        if (queue.length === 0) this.#waiting.delete(stream)
        if (!next) continue
        this.#waitingBytes -= next.frame.length
        this.#write(next.frame)
        if (!this.#mayWrite) return
      }
    }
  }
}

function frameOf(kind: number, stream: number, content: Payload): Buffer {
  const frame = Buffer.allocUnsafe(frameHeadBytes + payloadLength(content))
  frame.writeUInt8(kind, 0)
  frame.writeUInt32BE(stream, 1)
  if (typeof content === 'string') frame.write(content, frameHeadBytes, 'latin1')
  else {
    let at = frameHeadBytes
    for (const piece of content) {
      piece.copy(frame, at)
      at += piece.length
    }
  }
  return frame
}
