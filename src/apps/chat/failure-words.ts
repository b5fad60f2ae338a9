import { GatewayError } from '../../contract/gateway-error.ts'
import { isRecord } from '../../kit/is-record.ts'

/** What went wrong, with the code of our table where there is one. */
export interface FailureWords {
  readonly code: string
  readonly message: string
  readonly remedy: string | undefined
}

export function failureWords(cause: unknown): FailureWords {
  if (cause instanceof GatewayError) {
    return { code: cause.code, message: cause.message, remedy: cause.remedy }
  }
  const told = cause instanceof Error && 'data' in cause && isRecord(cause.data) ? cause.data : {}
  const { code, remedy } = told
  return {
    code: typeof code === 'string' ? code : 'failed',
    message: cause instanceof Error ? cause.message : String(cause),
    remedy: typeof remedy === 'string' ? remedy : undefined,
  }
}
