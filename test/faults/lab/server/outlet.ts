import type { ServerResponse } from 'node:http'

/** What a transport gives for one request: a place for its messages and, where a fault wants them, bare bytes. */
export interface Outlet {
  /** A message before the answer. */
  say(text: string): void
  /** The answer, whole and framed. */
  finish(text: string): void
  /** Starts the answer and gives its framed bytes, for whoever writes them piece by piece. */
  frame(text: string): Buffer
  /** Starts an answer of this length, or of one that nobody knows. */
  open(lengthBytes?: number): void
  /** Bytes as they are, at once. */
  raw(bytes: Buffer): void
  /** Bytes as they are, once nobody writes in pieces. */
  print(bytes: Buffer): void
  /** Writes in pieces, with no other message in between where all share one way. */
  alone(work: () => Promise<void>): Promise<void>
  /** Ends what `frame` or `open` has started. */
  end(): void
  /** Aborted when the other side leaves; made when somebody asks. */
  left(): AbortSignal | undefined
  readonly http?: ServerResponse
  readonly openStream?: () => void
}

/** A way in and out of a fault server. Another transport is another function that gives this. */
export interface Transport {
  /** Sends to everybody who listens for what nobody asked for. */
  readonly channels: Set<(text: string) => void>
  closePipe(what: 'stdin' | 'stdout' | 'stderr'): void
  forgetSessions(): void
}

/** For steps that no request has asked for. */
export const nowhere: Outlet = {
  say: () => undefined,
  finish: () => undefined,
  frame: (text) => Buffer.from(text),
  open: () => undefined,
  raw: () => undefined,
  print: () => undefined,
  alone: (work) => work(),
  end: () => undefined,
  left: () => undefined,
}
