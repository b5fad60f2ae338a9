import { GatewayError } from '../../contract/gateway-error.ts'
import type { ByteText } from '../../wire/bytes.ts'
import type { ScanError } from '../../wire/scan-error.ts'
import { EnvelopeError } from '../../wire/scan-error.ts'

/** What a client is told about bytes that are no message, and which request it is about. */
export interface Unreadable {
  readonly failure: GatewayError
  readonly id: ByteText
}

/** What is JSON but no message is another error than what is no JSON. */
export function unreadable(error: ScanError): Unreadable {
  const { message: problem, offset } = error
  if (error instanceof EnvelopeError) {
    return { failure: new GatewayError('request_invalid', { problem }), id: error.id ?? 'null' }
  }
  return { failure: new GatewayError('parse_failed', { problem, offset }), id: 'null' }
}
