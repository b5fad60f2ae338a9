/** How long an agent may take. */
export interface HubTiming {
  /** To say who it is. */
  readonly helloMs: number
  /** Between two questions whether it is still there. */
  readonly heartbeatMs: number
  /** Without a sign of life, until its connection counts as lost. */
  readonly silentMs: number
  /** Without a sign of life, until its calls are given up. */
  readonly unknownMs: number
  /** How often all this is looked at. */
  readonly sweepMs: number
}

export const standardTiming: HubTiming = {
  helloMs: 5000,
  heartbeatMs: 15_000,
  // One question of ours and one of the agent's went without an answer.
  silentMs: 20_000,
  unknownMs: 28_000,
  sweepMs: 1000,
}
