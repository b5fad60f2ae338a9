import { shortHash } from '../projection/hash.ts'

/** Joins a server's name and a tool's name where the tool's alone would not do. */
export const separator = '__'

export interface Named {
  readonly server: string
  readonly name: string
}

/** Gives each entry the name it is shown under: its own while that is unique, else `server__name`. */
export function showNames<Item extends Named>(
  items: readonly Item[],
  naming: 'auto' | 'prefix',
): ReadonlyMap<string, Item> {
  const names = readNames(items, naming)
  return uncontested(items, names) ?? contested(items, names)
}

interface Names {
  /** How often each name is used; nothing where none is shown as it is. */
  readonly uses: ReadonlyMap<string, number>
  readonly servers: ReadonlySet<string>
}

function readNames(items: readonly Named[], naming: 'auto' | 'prefix'): Names {
  if (naming === 'prefix') return { uses: new Map(), servers: new Set() }
  return {
    uses: countsOf(items.map(({ name }) => name)),
    servers: new Set(items.map(({ server }) => server)),
  }
}

/** Whether its own name is its alone, and not what a tool of another server that is there would be called. */
function keepsName({ server, name }: Named, { uses, servers }: Names): boolean {
  if (uses.get(name) !== 1) return false
  for (let at = name.indexOf(separator); at !== -1; at = name.indexOf(separator, at + 1)) {
    const owner = name.slice(0, at)
    if (owner !== server && servers.has(owner)) return false
  }
  return true
}

/** The names when no two want the same, as it nearly always is. */
function uncontested<Item extends Named>(
  items: readonly Item[],
  names: Names,
): ReadonlyMap<string, Item> | undefined {
  const shown = new Map<string, Item>()
  for (const item of items) {
    const isKept = keepsName(item, names)
    const name = isKept ? item.name : joinedName(item)
    if (shown.has(name) || (!isKept && names.uses.has(name))) return undefined
    shown.set(name, item)
  }
  return shown
}

/**
 * Several can arrive at one name, as `a` with `b__c` and `a__b` with `c` do, or a tool that is called so already:
 * then none of them has it, so that nobody takes over what another one was called.
 */
function contested<Item extends Named>(
  items: readonly Item[],
  names: Names,
): ReadonlyMap<string, Item> {
  const prefixed = items.filter((item) => !keepsName(item, names))
  const wanted = countsOf(prefixed.map(joinedName))
  const isContested = (name: string) => wanted.get(name) !== 1 || names.uses.has(name)
  const own = new Set(prefixed.filter((item) => isContested(joinedName(item))).map(ownName))
  const nameOf = (item: Item) => {
    if (keepsName(item, names)) return item.name
    const joined = joinedName(item)
    return isContested(joined) || own.has(joined) ? ownName(item) : joined
  }

  const shown = new Map<string, Item>()
  for (const item of items) {
    const given = nameOf(item)
    let name = given
    for (let count = 2; shown.has(name); count++) name = `${given}_${count}`
    shown.set(name, item)
  }
  return shown
}

function joinedName({ server, name }: Named): string {
  return `${server}${separator}${name}`
}

/** One that follows from the server and the tool alone, whatever else there is. */
function ownName(item: Named): string {
  return `${joinedName(item)}_${shortHash(`${item.server}\n${item.name}`)}`
}

function countsOf(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
