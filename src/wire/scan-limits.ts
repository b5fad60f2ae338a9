/** What a message may be at most, so that no bound is met only after it was parsed. */
export interface ScanLimits {
  readonly depth: number
  /** Values and keys together. */
  readonly tokens: number
  readonly stringBytes: number
}

export const defaultScanLimits: ScanLimits = {
  depth: 64,
  tokens: 200_000,
  stringBytes: 16 * 1024 * 1024,
}
