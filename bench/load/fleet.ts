/** All connections of one load, ready to carry one call each. */
export interface Fleet {
  /** The root of the subject's processes. */
  readonly pid: number
  readonly lanes: number
  /** Fresh connections, so that none has gone stale while others were measured. */
  connect(): Promise<void>
  send(lane: number, id: number): void
  /** Gives the connections up until the next `connect`; sessions stay. */
  rest(): void
  close(): Promise<void>
}

/** Told once for each call; `failure` says what was wrong with the reply. */
export type OnDone = (lane: number, failure: string | undefined) => void
