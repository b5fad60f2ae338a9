/** Who keeps a ledger, so that others can tell whether it still runs. */
export interface LedgerOwner {
  readonly instance: string
  readonly pid: number
  readonly startedAt: string
  /** Which start of the machine, and which set of process ids: elsewhere `pid` means nothing. */
  readonly boot: string
  readonly space: string
}

/** A tree that its owner started. */
export interface LedgerTree {
  readonly name: string
  readonly group: number
  /** When the first process of the group started; empty when it could not be seen. */
  readonly startedAt: string
}

export interface LedgerText {
  readonly owner: LedgerOwner
  /** Those that were begun and have not ended. */
  readonly trees: readonly LedgerTree[]
  /** Folders in which it made control groups. */
  readonly places: readonly string[]
}

export const ownerLine = (owner: LedgerOwner) => `${JSON.stringify({ owner })}\n`
export const beginLine = (tree: LedgerTree) => `${JSON.stringify({ begin: tree })}\n`
export const endLine = (group: number) => `${JSON.stringify({ end: group })}\n`

export const placeLine = (folder: string) => `${JSON.stringify({ place: folder })}\n`

/** What the names of an instance's control groups begin with. */
export const groupPrefix = (instance: string) => `gantry-${instance}-`

/** Also a text that breaks off in the middle of a line, as one does whose writer was killed; undefined without an owner. */
export function parseLedger(text: string): LedgerText | undefined {
  const trees = new Map<number, LedgerTree>()
  const places = new Set<string>()
  let owner: LedgerOwner | undefined
  for (const line of text.split('\n')) {
    const said = parseLine(line)
    owner ??= ownerIn(said['owner'])
    const begun = treeIn(said['begin'])
    if (begun) trees.set(begun.group, begun)
    if (typeof said['end'] === 'number') trees.delete(said['end'])
    if (isText(said['place'])) places.add(said['place'])
  }
  return owner && { owner, trees: [...trees.values()], places: [...places] }
}

/** It is the name of a file and the value of a variable. */
const isInstance = /^[\w-]+$/

type Fields = Readonly<Record<string, unknown>>

function parseLine(line: string): Fields {
  try {
    return fieldsOf(JSON.parse(line))
  } catch {
    // A line that was cut off says nothing.
    return {}
  }
}

function ownerIn(value: unknown): LedgerOwner | undefined {
  const { instance, pid, startedAt, boot, space } = fieldsOf(value)
  if (!isText(instance) || !isInstance.test(instance) || !isProcessId(pid)) return undefined
  if (!isText(startedAt) || !isText(boot) || !isText(space)) return undefined
  return { instance, pid, startedAt, boot, space }
}

function treeIn(value: unknown): LedgerTree | undefined {
  const { name, group, startedAt } = fieldsOf(value)
  if (!isText(name) || !isGroup(group) || !isText(startedAt)) return undefined
  return { name, group, startedAt }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {}
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isProcessId = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0
/** To kill(2), group 1 means everything there is. */
const isGroup = (value: unknown): value is number => isProcessId(value) && value > 1
