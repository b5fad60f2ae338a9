import type { Credentials } from '../../core/sign-in/credentials.ts'
import type { RelayClient, RelayHandle } from '../../wire/http/relay-client.ts'
import type { ExchangeReader, ExchangeRequest } from './reading.ts'
import { Reading } from './reading.ts'
import type { SignedWay } from './signed-reading.ts'
import { SignedReading } from './signed-reading.ts'

/** The way to one server. */
export interface ExchangeWay {
  readonly relay: RelayClient
  readonly limitBytes: number
  /** Only where it is signed in to with tokens. */
  readonly credentials?: Credentials | undefined
}

/** Sends one HTTP request and reads its answer as messages. */
export function exchange(
  way: ExchangeWay,
  request: ExchangeRequest,
  reader: ExchangeReader,
): RelayHandle {
  if (isSigned(way)) return new SignedReading(way, request, reader).begin()
  const { relay, limitBytes } = way
  const reading = new Reading(limitBytes, reader)
  const handle = relay.send(request, reading)
  reading.handle = handle
  return handle
}

function isSigned(way: ExchangeWay): way is SignedWay {
  return way.credentials !== undefined
}
