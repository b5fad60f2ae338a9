import { GatewayError } from '../../contract/gateway-error.ts'
import { BodyError } from './decode.ts'

/** What went wrong with a request, as a row of the one table of failures; an abort keeps its own reason. */
export function answerFailure(server: string, error: unknown, signal?: AbortSignal): unknown {
  if (error instanceof GatewayError) return error
  if (signal?.aborted) return signal.reason
  if (error instanceof BodyError) return bodyFailure(server, error)

  const reason = error instanceof Error ? error.message : String(error)
  switch (codeOf(error)) {
    case 'UND_ERR_HEADERS_OVERFLOW':
      return invalid(server, 'its headers are too large', error)
    case 'UND_ERR_HEADERS_TIMEOUT':
      return lost(server, 'it sent no answer in time', error)
    case 'UND_ERR_BODY_TIMEOUT':
      return lost(server, 'it stopped in the middle of its answer', error)
    case undefined:
      return invalid(server, reason, error)
    default:
      return codeOf(error)?.startsWith('HPE_')
        ? invalid(server, reason, error)
        : lost(server, reason, error)
  }
}

function bodyFailure(server: string, error: BodyError): GatewayError {
  const { limitBytes } = error
  return limitBytes === undefined
    ? invalid(server, error.message, error)
    : new GatewayError(
        'too_large',
        { what: `The answer of server "${server}"`, limitBytes },
        { cause: error },
      )
}

function invalid(server: string, problem: string, cause: unknown): GatewayError {
  return new GatewayError('server_answer_invalid', { server, problem }, { cause })
}

function lost(server: string, reason: string, cause: unknown): GatewayError {
  return new GatewayError('server_lost', { server, reason }, { cause })
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
