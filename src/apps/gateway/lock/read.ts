import { lstat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ParseError } from 'jsonc-parser'
import { parseTree } from 'jsonc-parser'
import { GatewayError, isFailure } from '../../../contract/gateway-error.ts'
import type { LockedKind, Offer } from '../../../core/catalog/lock/offer.ts'
import { findTooDeep, positionOf } from '../../config/document.ts'
import { printParseError } from '../../config/json-problems.ts'
import { readConfigText } from '../../config/load.ts'
import { absent } from '../../config/stamp.ts'
import { digestOfDefinition, readDefinition, readWords } from './definition.ts'
import type { JsonMember, JsonValue } from './json-text.ts'
import { memberOf, membersIn, stringIn } from './json-text.ts'

/** The version of the file that is written and read. */
export const lockVersion = 1

/** Deeper than any schema that passes the limits of messages. */
const depthLimit = 1024

/** Where the lock of a configuration is: beside it. */
export function lockFileOf(configFile: string): string {
  return join(dirname(configFile), 'gantry.lock')
}

/** What was found good, by the name of the server. */
export interface Lock {
  readonly text: string
  readonly servers: ReadonlyMap<string, Offer>
}

/** Reads a lock; undefined where there is none. What cannot be read is an error, never an empty lock. */
export async function readLock(file: string): Promise<Lock | undefined> {
  const text = await readLockText(file)
  return text === undefined ? undefined : parseLock(text, file)
}

export async function readLockText(file: string): Promise<string | undefined> {
  try {
    // A link that leads nowhere is no missing lock.
    return (await lstat(file).catch(absent)) && (await readConfigText(file)).text
  } catch (cause) {
    throw asLockError(cause, file)
  }
}

function asLockError(cause: unknown, file: string): unknown {
  if (isFailure(cause, 'config_unreadable'))
    return new GatewayError('lock_invalid', { file, problem: cause.data.reason }, { cause })
  if (!isFailure(cause, 'config_invalid')) return cause
  const { line, column, problem } = cause.data
  return new GatewayError('lock_invalid', { file, place: `${line}:${column}`, problem }, { cause })
}

export interface Reading {
  /** Whether an entry that does not fit its digest is an error; it is written anew otherwise. */
  readonly isStrict: boolean
}

/** The lock in a text, or one error with the place of the first thing that is wrong with it. */
export function parseLock(text: string, file: string, reading: Reading = { isStrict: true }): Lock {
  const fail: Fail = (offset, problem) => {
    const { line, column } = positionOf(text, offset)
    throw new GatewayError('lock_invalid', { file, place: `${line}:${column}`, problem })
  }
  const root = parseRoot(text, fail)
  refuseTwice(root, fail)
  const version = memberOf(root, 'lockVersion')
  if (version?.node.value !== lockVersion) {
    const problem = `"lockVersion" has to be ${lockVersion}: this is the lock of another Gantry, or none`
    fail((version ?? root).node.offset, problem)
  }
  const servers = objectIn(root, 'servers', fail)
  const read = servers.map(({ name, value }): [string, Offer] => [
    name,
    readServer(value, { fail, ...reading }),
  ])
  return { text, servers: new Map(read) }
}

type Fail = (offset: number, problem: string) => never

interface How extends Reading {
  readonly fail: Fail
}

function parseRoot(text: string, fail: Fail): JsonValue {
  const tooDeep = findTooDeep(text, depthLimit)
  if (tooDeep !== undefined) fail(tooDeep, `this is nested deeper than ${depthLimit} levels`)
  const errors: ParseError[] = []
  const node = parseTree(text, errors, { allowTrailingComma: true })
  const [first] = errors
  if (first) fail(first.offset, printParseError(first))
  return node?.type === 'object' ? { node, text } : fail(0, 'this is no lock: it has no object')
}

/** Of two members with one name nobody could say which was reviewed. */
function refuseTwice({ node, text }: JsonValue, fail: Fail): void {
  const seen = new Set<string>()
  for (const { name, key } of membersIn({ node, text })) {
    if (seen.has(name)) fail(key.offset, `${JSON.stringify(name)} is given twice: keep one`)
    seen.add(name)
  }
  for (const child of node.children ?? []) {
    const value = child.type === 'property' ? child.children?.[1] : child
    if (value) refuseTwice({ node: value, text }, fail)
  }
}

/** The members of the object of that name; left out, there are none. */
function objectIn(parent: JsonValue, name: string, fail: Fail): readonly JsonMember[] {
  const value = memberOf(parent, name)
  if (!value) return []
  if (value.node.type !== 'object') fail(value.node.offset, `"${name}" has to be an object`)
  for (const { name: key, value: inner } of membersIn(value))
    if (inner.node.type !== 'object')
      fail(inner.node.offset, `${JSON.stringify(key)} has to be an object`)
  return membersIn(value)
}

function readServer(value: JsonValue, how: How): Offer {
  const reported = memberOf(value, 'reported')
  const text = (name: string, parent = value) =>
    stringIn(memberOf(parent, name)) ?? how.fail(parent.node.offset, `it has no text "${name}"`)
  const instructions = memberOf(value, 'instructions')
  const said = instructions && readWords(instructions)
  if (instructions && said === undefined)
    how.fail(instructions.node.offset, '"instructions" has to be a text or a list of lines')
  if (!memberOf(value, 'tools')) how.fail(value.node.offset, 'it has no "tools"')
  return {
    source: text('source'),
    reported: reported
      ? { name: text('name', reported), version: text('version', reported) }
      : { name: '', version: '' },
    instructions: said,
    entries: {
      tools: readEntries('tools', value, how),
      prompts: readEntries('prompts', value, how),
      templates: readEntries('templates', value, how),
    },
  }
}

function readEntries(
  kind: LockedKind,
  server: JsonValue,
  { fail, isStrict }: How,
): ReadonlyMap<string, Buffer> {
  const entries = objectIn(server, kind, fail).map(({ name, key, value }): [string, Buffer] => {
    const definition = readDefinition(kind, name, value)
    const isWhole = stringIn(memberOf(value, 'digest')) === digestOfDefinition(kind, definition)
    if (isStrict && !isWhole) {
      const problem = `${JSON.stringify(name)} does not fit its digest: it was changed by hand or by a merge; run \`gantry lock\` to write it anew`
      fail(key.offset, problem)
    }
    return [name, isWhole ? definition : Buffer.from('{}')]
  })
  return new Map(entries)
}
