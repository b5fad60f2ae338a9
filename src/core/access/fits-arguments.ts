import type { RuleConfig } from '../../contract/config/schema-access.ts'
import type { ReadArguments } from './access.ts'
import { canonicalJson } from '../consent/canonical.ts'
import { matchesGlob } from '../../kit/glob.ts'
import { decodeString } from '../../wire/message.ts'
import { partsOf, valueEnd } from '../../wire/walk.ts'

type Wanted = string | number | boolean

/**
 * Whether the arguments of a call are what a rule says. What allows must be sure, so each item of a list and each of
 * two values of one name has to fit; for what asks or denies one is enough.
 */
export function fitsArguments(config: RuleConfig, read: ReadArguments): boolean {
  const { effect, arguments: wanted } = config
  if (wanted === undefined) return true
  const given = read()
  return Object.entries(wanted).every(([name, one]) => {
    const values = valuesOf(given, name)
    const fits = (at: number) => [one].flat().some((text) => isMeant(given, at, text, effect))
    return values.length > 0 && (effect === 'allow' ? values.every(fits) : values.some(fits))
  })
}

/** Where the values of an argument begin; of a list, its items. */
function valuesOf(given: Buffer, name: string): readonly number[] {
  if (given[0] !== 0x7b) return []
  return partsOf(given)
    .filter(({ key }) => decodeString(`"${key}"`) === name)
    .flatMap(({ start }) => {
      const items = given[start] === 0x5b ? partsOf(given, start) : []
      return items.length > 0 ? items.map((item) => item.start) : [start]
    })
}

function isMeant(given: Buffer, at: number, wanted: Wanted, effect: RuleConfig['effect']): boolean {
  if (typeof wanted === 'boolean' || typeof wanted === 'number')
    return canonicalJson(given, at) === canonicalJson(Buffer.from(String(wanted)))
  if (given[at] !== 0x22) return wanted === '*'
  const text = decodeString(given.toString('latin1', at, valueEnd(given, at)))
  if (effect === 'allow' && climbs(text)) return false
  return matchesGlob(wanted, text)
}

/** A path that goes up can end anywhere, wherever it begins. */
function climbs(text: string): boolean {
  return /(?:^|[/\\])\.\.(?:[/\\]|$)/.test(text)
}
