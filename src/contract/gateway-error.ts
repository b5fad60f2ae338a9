import type { FailureRow } from './failure-row.ts'
import type { FailureCode } from './failure.ts'
import { failures } from './failure.ts'

type DataOf<Code extends FailureCode> = Parameters<(typeof failures)[Code]['message']>[0]

const rows: { readonly [Code in FailureCode]: FailureRow<DataOf<Code>> } = failures

/** A failure of the table, with what happened this time. */
export class GatewayError<Code extends FailureCode = FailureCode> extends Error {
  override readonly name = 'GatewayError'
  readonly code: Code
  readonly data: DataOf<Code>
  readonly remedy: string
  readonly status: number
  readonly rpc: number
  readonly retryable: boolean

  constructor(code: Code, data: DataOf<Code>, options?: ErrorOptions) {
    const row: FailureRow<DataOf<Code>> = rows[code]
    super(row.message(data), options)
    this.code = code
    this.data = data
    this.remedy = row.remedy(data)
    this.status = row.status
    this.rpc = row.rpc
    this.retryable = row.retryable
  }
}

/** Whether something thrown is this failure. */
export function isFailure<Code extends FailureCode>(
  error: unknown,
  code: Code,
): error is GatewayError<Code> {
  return error instanceof GatewayError && error.code === code
}
