import { shortHash } from './hash.ts'

/** What every provider accepts as the name of a tool; some want a letter or an underscore first. */
const toolName = /^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/
/** The same for the names of parameters. */
const keyName = /^[a-zA-Z_][a-zA-Z0-9_.-]{0,63}$/

const longest = 64
const hashLength = 8

/** The shown name behind each projected name; a name that every provider accepts stays as it is. */
export function projectNames(shown: Iterable<string>): ReadonlyMap<string, string> {
  return assignNames(shown, (name) => toolName.test(name), /[^a-zA-Z0-9_-]/g)
}

/** The same for the names of parameters of one tool. */
export function projectKeys(keys: Iterable<string>): ReadonlyMap<string, string> {
  return assignNames(keys, (key) => keyName.test(key), /[^a-zA-Z0-9_.-]/g)
}

/** A name of its own depends on nothing but itself: what is added later does not change it. */
function assignNames(
  names: Iterable<string>,
  isAccepted: (name: string) => boolean,
  unaccepted: RegExp,
): ReadonlyMap<string, string> {
  const all = [...new Set(names)].toSorted()
  const projected = new Map(all.filter(isAccepted).map((name) => [name, name]))
  for (const name of all) {
    if (isAccepted(name)) continue
    let alias = aliasOf(name, unaccepted, '')
    for (let count = 2; projected.has(alias); count++) alias = aliasOf(name, unaccepted, `${count}`)
    projected.set(alias, name)
  }
  return projected
}

function aliasOf(name: string, unaccepted: RegExp, salt: string): string {
  const plain = name.replace(unaccepted, '_')
  const begun = /^[a-zA-Z_]/.test(plain) ? plain : `_${plain}`
  const kept = begun.slice(0, longest - hashLength - 1)
  return `${kept}${kept.endsWith('_') ? '' : '_'}${shortHash(name + salt)}`
}
