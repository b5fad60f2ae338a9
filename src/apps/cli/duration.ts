import { InvalidArgumentError } from 'commander'

const durationUnits: ReadonlyMap<string, number> = new Map([
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
])

/** How long something is to last, in milliseconds. */
export function duration(text: string): number {
  const [, many, unit = ''] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? []
  const unitMs = durationUnits.get(unit)
  if (many === undefined || unitMs === undefined)
    throw new InvalidArgumentError('Write minutes, hours or days, such as 90m, 12h or 30d.')
  return Number(many) * unitMs
}
