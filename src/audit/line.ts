import { hash } from 'node:crypto'
import { isRecord } from '../kit/is-record.ts'

/** What a line is about. Everything but `call` is about the log itself. */
export type LineType =
  /** A call is about to be sent: only where that has to be written down first. */
  | 'begun'
  /** A call ended. */
  | 'call'
  /** A program began to write here. */
  | 'opened'
  /** Lines could not be written for a while. */
  | 'gap'
  /** Old files were removed. */
  | 'removed'

/** A line that has no place in the log yet. */
export interface Entry {
  readonly type: LineType
  readonly timeMs: number
  /** What it says, as the members of a JSON object. */
  readonly told: string
}

/** Where a line stands. */
export interface Place {
  readonly seq: number
  /** The hash of the line before; empty for the very first one. */
  readonly prev: string
}

export interface SealedLine {
  /** With the line break. */
  readonly text: string
  readonly hash: string
}

/** A line as it was read, with a hash that fits it. */
export interface ReadLine extends Place {
  readonly type: string
  readonly hash: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** What stands behind the bytes that are hashed: `,"hash":"…"}`. */
const tail = /^,"hash":"([\w-]{43})"\}$/
const tailLength = 54

/** One line: JSON without spaces, of which the last member is the hash of everything before it. */
export function sealLine({ type, timeMs, told }: Entry, { seq, prev }: Place): SealedLine {
  const comma = told === '' ? '' : ','
  const hashed = `{"seq":${seq},"type":"${type}","time":"${printTime(timeMs)}"${comma}${told},"prev":"${prev}"`
  const digest = hash('sha256', hashed, 'base64url')
  return { text: `${hashed},"hash":"${digest}"}\n`, hash: digest }
}

/** The members of an object, as a line tells them. */
export function printFacts(facts: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(facts).slice(1, -1)
}

/** Undefined for what is not a line, or was changed. */
export function readLine(bytes: Buffer): ReadLine | undefined {
  const end = bytes.length - tailLength
  if (end < 0) return undefined
  const [, digest] = tail.exec(bytes.toString('latin1', end)) ?? []
  if (digest === undefined || hash('sha256', bytes.subarray(0, end), 'base64url') !== digest)
    return undefined
  const fields = readFields(bytes)
  const { seq, type, prev } = fields ?? {}
  if (!fields || typeof seq !== 'number' || typeof type !== 'string' || typeof prev !== 'string')
    return undefined
  return { seq, type, prev, hash: digest, fields }
}

/** The members of a line, whether its hash fits or not. */
export function readFields(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const fields: unknown = JSON.parse(bytes.toString())
    return isRecord(fields) ? fields : undefined
  } catch {
    // A line that cannot be read is told by whoever checks the log.
    return undefined
  }
}

let printed = { ms: Number.NaN, text: '' }

/** Lines come many in a millisecond, and printing a time costs more than the rest. */
function printTime(ms: number): string {
  if (printed.ms !== ms) printed = { ms, text: new Date(ms).toISOString() }
  return printed.text
}
