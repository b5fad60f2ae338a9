import type { ServerResponse } from 'node:http'
import { GatewayError, isFailure } from '../../contract/gateway-error.ts'
import type { Problem } from '../../contract/rest/problem.ts'
import { toJson } from '../../wire/bytes.ts'
import { sendBody } from '../door/answers.ts'
import { headersOf } from '../door/refusal.ts'

/** A failure of a call that got further than this gateway. */
export class FailedCall extends Error {
  override readonly name = 'FailedCall'
  readonly error: GatewayError
  readonly known: Partial<Problem>

  constructor(error: GatewayError, known: Partial<Problem>) {
    super(error.message, { cause: error })
    this.error = error
    this.known = known
  }
}

/** What a client is told of something that was thrown; undefined when nobody foresaw it. */
export function problemOf(thrown: unknown): Problem | undefined {
  if (thrown instanceof FailedCall) return printProblem(thrown.error, thrown.known)
  return thrown instanceof GatewayError ? printProblem(thrown) : undefined
}

function printProblem(error: GatewayError, known: Partial<Problem> = {}): Problem {
  const { code, status, message, remedy, retryable } = error
  return {
    type: `/docs#${code}`,
    title: titleOf(code),
    status,
    detail: message,
    code,
    remedy,
    retryable,
    outcome: 'not_executed',
    ...(isFailure(error, 'needs_approval') && approvalIn(error)),
    ...known,
  }
}

function approvalIn({ data }: GatewayError<'needs_approval'>): Partial<Problem> {
  const { approval_id, expires_at, reason } = data
  return {
    reason,
    ...(approval_id !== undefined && { approval_id }),
    ...(expires_at !== undefined && { expires_at }),
  }
}

export const internalProblem: Problem = printProblem(new GatewayError('internal', undefined), {
  outcome: 'unknown',
})

/** `server_unknown` is "Server unknown". */
export function titleOf(code: string): string {
  const words = code.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Answers with a failure as RFC 9457 has it. */
export function refuseRest(
  response: ServerResponse,
  thrown: unknown,
  headers: readonly string[] = [],
): void {
  const problem = problemOf(thrown) ?? internalProblem
  const error = thrown instanceof FailedCall ? thrown.error : thrown
  const more = [...(error instanceof GatewayError ? headersOf(error) : []), ...headers]
  sendBody(response, problem.status, {
    type: 'application/problem+json',
    body: toJson(problem),
    headers: ['Cache-Control', 'no-store', ...more],
  })
}
