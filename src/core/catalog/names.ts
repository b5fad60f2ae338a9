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
  const uses = new Map<string, number>()
  for (const { name } of items) uses.set(name, (uses.get(name) ?? 0) + 1)
  const keepsName = ({ name }: Item) => naming === 'auto' && uses.get(name) === 1
  const taken = new Set(items.filter(keepsName).map(({ name }) => name))

  const shown = new Map<string, Item>()
  for (const item of items) {
    const name = keepsName(item)
      ? item.name
      : freeName(`${item.server}${separator}${item.name}`, taken)
    taken.add(name)
    shown.set(name, item)
  }
  return shown
}

/** Two servers can still arrive at one name, as `a` with `b__c` and `a__b` with `c` do. */
function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted
  for (let count = 2; taken.has(name); count++) name = `${wanted}_${count}`
  return name
}
