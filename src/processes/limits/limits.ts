/** What a program and everything it starts may use, each where the system can hold them to it. */
export interface ResourceLimits {
  /** Memory of all its processes together. */
  readonly memoryBytes?: number | undefined
  /** Processes and threads at once. */
  readonly processes?: number | undefined
  /** Files and connections that one process has open at once. */
  readonly openFiles?: number | undefined
  /** The size of any file it writes. */
  readonly fileBytes?: number | undefined
  /** By how much it gives way to others, up to 19. */
  readonly nice?: number | undefined
}

export type LimitKey = keyof ResourceLimits

export const limitKeys = ['memoryBytes', 'processes', 'openFiles', 'fileBytes', 'nice'] as const

/** Those that were asked for. */
export function askedOf(limits: ResourceLimits): readonly LimitKey[] {
  return limitKeys.filter((key) => limits[key] !== undefined)
}

/** What became of a program that used too much, to follow its name. */
export function breachText(key: LimitKey, limits: ResourceLimits): string {
  const limit = limits[key] ?? 0
  if (key === 'processes') return `it started more than the ${limit} processes and threads it may`
  if (key === 'fileBytes') return `it wrote more to a file than the ${sizeText(limit)} it may`
  return `it used more than the ${sizeText(limit)} of memory it may`
}

const units = ['bytes', 'KiB', 'MiB', 'GiB'] as const

function sizeText(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1)
  return `${Math.round((bytes / 1024 ** power) * 10) / 10} ${units[power]}`
}
