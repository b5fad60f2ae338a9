import { isRecord } from '../../../../src/kit/is-record.ts'

/** A message that a fault server was sent. */
export interface Heard {
  /** As JSON text; undefined in a notification. */
  readonly id: string | undefined
  /** Undefined in an answer to a question. */
  readonly method: string | undefined
  readonly params: HeardParams
  /** Whether it carries the envelope of the modern era. */
  readonly isModern: boolean
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

export interface HeardParams {
  readonly name?: unknown
  readonly cursor?: unknown
  readonly requestId?: unknown
  readonly arguments?: Readonly<Record<string, unknown>>
  readonly notifications?: Readonly<Record<string, unknown>>
  readonly _meta?: Readonly<Record<string, unknown>> & { readonly progressToken?: unknown }
}

export const modernVersion = '2026-07-28'
export const reserved = 'io.modelcontextprotocol/'

/** A message from its text; undefined when it is none. */
export function readHeard(text: string, headers: Heard['headers'] = {}): Heard | undefined {
  const message = parsed(text)
  if (!isRecord(message)) return undefined
  const { id, method } = message
  // oxlint-disable-next-line no-unsafe-type-assertion -- what a gateway sends has this form
  const params = (isRecord(message['params']) ? message['params'] : {}) as HeardParams
  return {
    id: id === undefined ? undefined : JSON.stringify(id),
    method: typeof method === 'string' ? method : undefined,
    params,
    isModern: params['_meta']?.[`${reserved}protocolVersion`] !== undefined,
    headers,
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    process.stderr.write(`no JSON: ${text.slice(0, 200)} (${String(error)})\n`)
    return undefined
  }
}
