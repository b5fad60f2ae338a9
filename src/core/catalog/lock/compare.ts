import type { LockChange, LockDifference, LockGrade } from '../../../contract/lock.ts'
import { lockGrades } from '../../../contract/lock.ts'
import { memberDifferences } from '../difference.ts'
import { withHiddenShown } from '../hidden-text.ts'
import { findRenames } from '../renames.ts'
import { gradeTool } from './grade.ts'
import type { LockedKind, Offer } from './offer.ts'
import { lockedKinds, lockedMembers, nameMembers } from './offer.ts'

/** In what a server is not what it was when it was found good; without that, all it offers. */
export function compareOffers(before: Offer, after: Offer): readonly LockChange[] {
  return [
    ...compareWhat(before, after),
    ...compareInstructions(before.instructions, after.instructions),
    ...lockedKinds.flatMap((kind) => compareKind(kind, before, after)),
  ]
}

function compareWhat(before: Offer, after: Offer): readonly LockChange[] {
  const [old, now] = [before.reported, after.reported]
  return [
    ...serverChange('source_changed', [
      textDifference('source', before.source, after.source),
      textDifference('reported name', old.name, now.name),
    ]),
    ...serverChange('version_changed', [
      textDifference('reported version', old.version, now.version),
    ]),
  ]
}

function serverChange(
  grade: LockGrade,
  compared: readonly (LockDifference | undefined)[],
): readonly LockChange[] {
  const differences = compared.filter((one) => one !== undefined)
  return differences.length === 0 ? [] : [{ what: 'server', grades: [grade], differences }]
}

function compareInstructions(
  before: string | undefined,
  after: string | undefined,
): readonly LockChange[] {
  const difference = textDifference('instructions', before, after)
  if (!difference) return []
  const grades = [
    before === undefined ? 'new' : after === undefined ? 'removed' : 'description_changed',
  ] as const
  return [{ what: 'instructions', grades, differences: [difference] }]
}

function textDifference(
  member: string,
  before: string | undefined,
  after: string | undefined,
): LockDifference | undefined {
  if (before === after) return undefined
  return {
    member,
    ...(before !== undefined && { before: withHiddenShown(before) }),
    ...(after !== undefined && { after: withHiddenShown(after) }),
  }
}

const words = { tools: 'tool', prompts: 'prompt', templates: 'template' } as const

function compareKind(kind: LockedKind, before: Offer, after: Offer): readonly LockChange[] {
  const [old, now] = [before.entries[kind], after.entries[kind]]
  const gone = namedIn(old).filter(({ name }) => !now.has(name))
  const come = namedIn(now).filter(({ name }) => !old.has(name))
  const renames = findRenames(gone, come)
  const renamed = new Set(renames.values())
  const removed = gone
    .filter(({ name }) => !renamed.has(name))
    .map(({ name, bytes }) => whole(kind, name, { before: bytes, grade: 'removed' }))
  const others = namedIn(now).flatMap(({ name, bytes }) => {
    const was = renames.get(name)
    const earlier = old.get(was ?? name)
    if (!earlier) return whole(kind, name, { after: bytes, grade: 'new' })
    return compareEntry(kind, { name, was }, { before: earlier, after: bytes })
  })
  return [...removed, ...others]
}

interface Called {
  readonly name: string
  readonly was: string | undefined
}

interface Both {
  readonly before: Buffer
  readonly after: Buffer
}

function compareEntry(kind: LockedKind, { name, was }: Called, both: Both): readonly LockChange[] {
  const members = lockedMembers[kind].filter((member) => member !== nameMembers[kind])
  const differences = memberDifferences(both.before, both.after, members)
  if (differences.length === 0 && was === undefined) return []
  const { grades, takes } =
    kind === 'tools'
      ? gradeTool(both.before, both.after)
      : { grades: differences.length === 0 ? [] : [gradeOther(differences)], takes: [] }
  const all: readonly LockGrade[] = was === undefined ? grades : ['renamed', ...grades]
  return [
    {
      what: words[kind],
      name,
      ...(was !== undefined && { was }),
      grades: all.toSorted((a, b) => lockGrades.indexOf(a) - lockGrades.indexOf(b)),
      ...(takes.length > 0 && { takes }),
      differences,
    },
  ]
}

/** Of a prompt its arguments are its schema. */
function gradeOther(differences: readonly LockDifference[]): LockGrade {
  const isText = differences.every(({ member }) => member !== 'arguments' && member !== 'mimeType')
  return isText ? 'description_changed' : 'schema_changed'
}

interface Alone {
  readonly before?: Buffer
  readonly after?: Buffer
  readonly grade: 'new' | 'removed'
}

function whole(kind: LockedKind, name: string, { before, after, grade }: Alone): LockChange {
  const differences = memberDifferences(before, after, lockedMembers[kind])
  return { what: words[kind], name, grades: [grade], differences }
}

function namedIn(entries: ReadonlyMap<string, Buffer>) {
  return Array.from(entries, ([name, bytes]) => ({ name, bytes }))
}
