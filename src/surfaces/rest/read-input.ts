import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { AnyRoute } from '../../contract/rest/route.ts'
import { ScanError } from '../../wire/scan-error.ts'
import type { ScanLimits } from '../../wire/scan-limits.ts'
import { Scanner } from '../../wire/scanner.ts'
import { decodeString } from '../../wire/message.ts'
import { partsOf } from '../../wire/walk.ts'

/** Keys that mean something to the language itself. */
const refusedKeys = new Set(['__proto__', 'constructor', 'prototype'])

/** Checks that a body is JSON within limits whose keys mean one thing each; an `opaque` member is not looked into, nor the whole body where its name is empty. */
export function readJson(body: Buffer, limits: ScanLimits, opaque: string | undefined): unknown {
  try {
    new Scanner(limits).scan(body)
  } catch (error) {
    if (!(error instanceof ScanError)) throw error
    throw unreadable(`${error.message} at byte ${error.offset}`)
  }
  if (!isUtf8(body)) throw unreadable('it is not UTF-8')
  const start = body.findIndex((byte) => byte > 0x20)
  if (opaque !== '') checkKeys(body, start, opaque)
  return JSON.parse(body.toString())
}

function checkKeys(body: Buffer, start: number, opaque: string | undefined): void {
  const isObject = body[start] === 0x7b
  const keys = new Set<string>()
  for (const part of partsOf(body, start)) {
    const key = isObject ? decodeString(`"${part.key}"`) : ''
    if (isObject && refusedKeys.has(key)) throw unreadable(`it has the key "${key}"`)
    if (isObject && keys.has(key)) throw unreadable(`it has the key "${key}" twice`)
    keys.add(key)
    // Only what the body itself has under that name is carried as it is.
    if (key !== opaque || !isObject) checkKeys(body, part.start, undefined)
  }
}

function unreadable(problem: string): GatewayError<'body_unreadable'> {
  return new GatewayError('body_unreadable', { problem })
}

/** A query as the values its schema knows; each name may come once. */
export function readQuery(query: string, schema: z.ZodObject): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = Object.create(null)
  for (const [name, text] of new URLSearchParams(query)) {
    if (Object.hasOwn(values, name)) throw misfit(`"${name}" comes twice in the query`)
    values[name] = fromText(text, schema.shape[name])
  }
  return values
}

/** Numbers and truth values are written as text in a query. */
function fromText(text: string, schema: z.core.$ZodType | undefined): unknown {
  const inner = unwrapped(schema)
  if (inner instanceof z.ZodNumber && /^-?\d{1,15}$/.test(text)) return Number(text)
  if (inner instanceof z.ZodBoolean && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

function unwrapped(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  const isWrapped =
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional
  return isWrapped ? unwrapped(schema.unwrap()) : schema
}

/** What was sent, checked; throws with what does not fit, and where. */
export function checkInput<Output>(
  schema: z.ZodType<Output>,
  value: unknown,
  place: 'path' | 'query' | 'body',
): Output {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const at = issue?.path.map(String).join('.') ?? ''
  throw misfit(`${at === '' ? `the ${place}` : `"${at}" in the ${place}`}: ${issue?.message}`)
}

export function misfit(problem: string): GatewayError<'input_invalid'> {
  return new GatewayError('input_invalid', { problem })
}

/** Only JSON is read, and only when it is called so: a form of a web page cannot. */
export function checkMediaType(
  route: AnyRoute,
  headers: {
    readonly contentType: string | undefined
    readonly contentEncoding: string | undefined
    readonly contentLength: string | undefined
  },
): void {
  const { contentType, contentEncoding, contentLength } = headers
  if (contentEncoding !== undefined && contentEncoding !== 'identity') {
    throw new GatewayError('media_type_unsupported', { type: contentEncoding })
  }
  const isJson = /^application\/json\s*(?:;|$)/i.test(contentType ?? '')
  const isEmpty = !route.body && contentType === undefined && (contentLength ?? '0') === '0'
  if (!isJson && !isEmpty) {
    throw new GatewayError('media_type_unsupported', { type: contentType ?? '' })
  }
}
