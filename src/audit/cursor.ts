import { z } from 'zod'
import { GatewayError } from '../contract/gateway-error.ts'

/** Before which byte of which file of a log it goes on. */
export interface Position {
  readonly firstSeq: number
  readonly offset: number
}

export type Cursor = ReadonlyMap<string, Position>

const whole = z.int().nonnegative()
const Written = z.record(z.string().regex(/^[0-9a-f]{8}$/), z.tuple([whole, whole]))

export function printCursor(cursor: Cursor): string {
  const written = [...cursor].map(([log, { firstSeq, offset }]) => [log, [firstSeq, offset]])
  return Buffer.from(JSON.stringify(Object.fromEntries(written))).toString('base64url')
}

export function parseCursor(text: string): Cursor {
  try {
    const written = Written.parse(JSON.parse(Buffer.from(text, 'base64url').toString()))
    return new Map(
      Object.entries(written).map(([log, [firstSeq, offset]]) => [log, { firstSeq, offset }]),
    )
  } catch (cause) {
    throw new GatewayError('cursor_invalid', { cursor: text }, { cause })
  }
}
