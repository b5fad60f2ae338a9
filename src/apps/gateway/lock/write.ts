import { GatewayError, isFailure } from '../../../contract/gateway-error.ts'
import { compareOffers } from '../../../core/catalog/lock/compare.ts'
import type { LockedKind, Offer } from '../../../core/catalog/lock/offer.ts'
import { lockedKinds } from '../../../core/catalog/lock/offer.ts'
import { removeProperty } from '../../config/edit-text.ts'
import { editFile } from '../../config/write.ts'
import { printDefinition, printWords } from './definition.ts'
import type { JsonMember, JsonValue } from './json-text.ts'
import { block, memberOf, membersIn, parseValue, printValue, quote } from './json-text.ts'
import { lockVersion, parseLock } from './read.ts'

/** What is to be in the lock from now on; servers that are not named stay as they are. */
export interface LockEdit {
  readonly offers: ReadonlyMap<string, Offer>
  readonly without: readonly string[]
}

/** Writes the lock whole or not at all; two who write at once both succeed, one after the other. */
export async function writeLock(file: string, edit: LockEdit): Promise<void> {
  try {
    await editFile(file, (text) => editLock(text, edit, file))
  } catch (cause) {
    if (isFailure(cause, 'config_locked')) {
      const reason = `another program writes it; if none does, remove ${cause.data.lock}`
      throw new GatewayError('lock_unwritable', { file, reason }, { cause })
    }
    if (!isFailure(cause, 'config_unwritable')) throw cause
    throw new GatewayError('lock_unwritable', { file, reason: cause.data.reason }, { cause })
  }
}

const empty = `{\n  "lockVersion": ${lockVersion},\n  "servers": {}\n}\n`

/** The text with these servers in it; all that is said of others keeps its bytes. */
export function editLock(
  before: string | undefined,
  { offers, without }: LockEdit,
  file: string,
): string {
  const text = before ?? empty
  const { servers } = parseLock(text, file, { isStrict: false })
  const changed = [...offers].filter(([name, offer]) => {
    const known = servers.get(name)
    return !known || compareOffers(known, offer).length > 0
  })
  const edited = changed.length === 0 ? text : withServers(text, changed.toSorted(byName))
  return without.reduce((left, name) => removeProperty(left, ['servers'], name), edited)
}

type NamedOffer = readonly [string, Offer]

function byName([a]: NamedOffer, [b]: NamedOffer): number {
  return a < b ? -1 : 1
}

interface Splice {
  readonly at: number
  readonly length: number
  readonly written: string
}

function withServers(text: string, offers: readonly NamedOffer[]): string {
  const root = parseValue(text)
  const servers = root && memberOf(root, 'servers')
  if (!servers) return withServers(withNoServers(text, root), offers)
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const members = membersIn(servers)
  const known = new Map(members.map(({ name, value }) => [name, value]))
  const printed = (offer: Offer, before?: JsonValue) =>
    printServer(offer, before).replaceAll('\n', eol)
  const replaced = offers.flatMap(([name, offer]) => {
    const before = known.get(name)
    if (!before) return []
    return { at: before.node.offset, length: before.node.length, written: printed(offer, before) }
  })
  const added = offers
    .filter(([name]) => !known.has(name))
    .map(([name, offer]) => ({ name, text: `${quote(name)}: ${printed(offer)}` }))
  return spliced(text, [...replaced, ...insertions(added, { servers, members, eol })])
}

interface Among {
  readonly servers: JsonValue
  readonly members: readonly JsonMember[]
  readonly eol: string
}

/** Each in its place among those that are there. */
function insertions(
  added: readonly { readonly name: string; readonly text: string }[],
  { servers: { node }, members, eol }: Among,
): readonly Splice[] {
  const line = `${eol}${serverIndent}`
  const at = node.offset + 1
  if (members.length === 0 && added.length > 0) {
    const written = `${line}${added.map(({ text }) => text).join(`,${line}`)}${eol}  `
    return [{ at, length: node.length - 2, written }]
  }
  return added.map(({ name, text }) => {
    const earlier = members.findLast((one) => one.name < name)?.value.node
    return earlier
      ? { at: earlier.offset + earlier.length, length: 0, written: `,${line}${text}` }
      : { at, length: 0, written: `${line}${text},` }
  })
}

const serverIndent = '    '

/** A lock that somebody left without any server. */
function withNoServers(text: string, root: JsonValue | undefined): string {
  const version = root && memberOf(root, 'lockVersion')?.node
  if (!version) return empty
  const at = version.offset + version.length
  return spliced(text, [{ at, length: 0, written: ',\n  "servers": {}' }])
}

/** Of several at one place the first stays the first. */
function spliced(text: string, splices: readonly Splice[]): string {
  let whole = ''
  let from = 0
  for (const { at, length, written } of splices.toSorted((a, b) => a.at - b.at)) {
    whole += text.slice(from, at) + written
    from = at + length
  }
  return whole + text.slice(from)
}

const ownKeys = new Set(['source', 'reported', 'instructions', ...lockedKinds])

function printServer(offer: Offer, before: JsonValue | undefined): string {
  const indent = `${serverIndent}  `
  const { source, reported, instructions } = offer
  const told = `{ "name": ${quote(reported.name)}, "version": ${quote(reported.version)} }`
  const kinds = lockedKinds.filter((kind) => kind === 'tools' || offer.entries[kind].size > 0)
  const kept = (before ? membersIn(before) : []).filter(({ name }) => !ownKeys.has(name))
  const members = [
    `"source": ${quote(source)}`,
    `"reported": ${told}`,
    ...(instructions === undefined ? [] : [`"instructions": ${printWords(instructions, indent)}`]),
    ...kinds.map((kind) => `"${kind}": ${printEntries(kind, offer.entries[kind], before)}`),
    ...kept.map(({ name, value }) => `${quote(name)}: ${printValue(value, indent)}`),
  ]
  return block(members, { open: '{', close: '}', indent: serverIndent })
}

function printEntries(
  kind: LockedKind,
  entries: ReadonlyMap<string, Buffer>,
  before: JsonValue | undefined,
): string {
  const indent = `${serverIndent}  `
  const earlier = before && memberOf(before, kind)
  const known = new Map(earlier ? membersIn(earlier).map((one) => [one.name, one.value]) : [])
  const printed = [...entries]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, definition]) => {
      const how = { indent: `${indent}  `, before: known.get(name) }
      return `${quote(name)}: ${printDefinition(kind, definition, how)}`
    })
  return block(printed, { open: '{', close: '}', indent })
}
