import type { Exchange } from '../../src/core/clients/exchange.ts'
import type { Payload } from '../../src/wire/bytes.ts'
import { textOf } from './calls.ts'

/** A message as a client reads it, with the parts that tests look at. */
export interface Said {
  readonly id?: unknown
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: {
    readonly code: number
    readonly message: string
    readonly data?: Readonly<Record<string, unknown>>
  }
}

/** Everything that was said to a client, in order, parsed. */
export interface Heard {
  readonly said: Said[]
  readonly exchange: Exchange
  readonly statuses: (number | undefined)[]
  /** What came last. */
  last(): Said | undefined
  /** Takes a payload as a stream would; false when the client is deaf. */
  hear(payload: Payload): boolean
}

export function listen(options: { readonly isDeaf?: boolean } = {}): Heard {
  const said: Said[] = []
  const statuses: (number | undefined)[] = []
  const hear = (payload: Payload): boolean => {
    if (options.isDeaf === true) return false
    said.push(JSON.parse(textOf(payload)))
    return true
  }
  return {
    said,
    statuses,
    hear,
    last: () => said.at(-1),
    exchange: {
      notify: hear,
      answer(payload, status) {
        said.push(JSON.parse(textOf(payload)))
        statuses.push(status)
      },
    },
  }
}
