import { canonicalMembers } from './canonical-tool.ts'

/** An entry by its name and what its server wrote. */
export interface Named {
  readonly name: string
  readonly bytes: Buffer
}

const rest = ['title', 'outputSchema', 'annotations', 'arguments', 'mimeType']

/** What an entry is known by under another name, the surest first; nothing where many would be alike. */
const marks: readonly ((bytes: Buffer) => string | undefined)[] = [
  (bytes) => {
    const [words, parameters] = [wordsOf(bytes), parametersOf(bytes)]
    if (words === undefined && parameters === undefined) return undefined
    return canonicalMembers(bytes, ['description', 'inputSchema', ...rest])
  },
  wordsOf,
  parametersOf,
]

/** Which of the entries that came is one that went, by the new name: under another name nothing is new. */
export function findRenames(
  gone: readonly Named[],
  come: readonly Named[],
): ReadonlyMap<string, string> {
  const renames = new Map<string, string>()
  if (gone.length === 0 || come.length === 0) return renames
  for (const markOf of marks) {
    const taken = new Set(renames.values())
    const left = gone.filter(({ name }) => !taken.has(name))
    const byMark = Map.groupBy(left, ({ bytes }) => markOf(bytes))
    for (const { name, bytes } of come) {
      const mark = renames.has(name) ? undefined : markOf(bytes)
      const before = mark === undefined ? undefined : byMark.get(mark)?.shift()
      if (before) renames.set(name, before.name)
    }
  }
  return renames
}

const shortestWords = 12

function wordsOf(bytes: Buffer): string | undefined {
  const words = canonicalMembers(bytes, ['description'])
  return words.length < shortestWords ? undefined : words
}

function parametersOf(bytes: Buffer): string | undefined {
  const schema = canonicalMembers(bytes, ['inputSchema'])
  return schema.includes('"properties":{"') ? schema : undefined
}
