import type { ServerResponse } from 'node:http'
import type { z } from 'zod'
import type { ChatError } from '../../contract/chat.ts'
import type { ApiErrorBody } from '../../contract/chat-requests.ts'
import { failures } from '../../contract/failure.ts'
import type { FailureCode } from '../../contract/failure.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { toJson } from '../../wire/bytes.ts'
import { sendJson } from '../door/answers.ts'
import { headersOf } from '../door/refusal.ts'

interface Told {
  readonly status: number
  readonly message: string
  readonly type?: string | undefined
  readonly param?: string | undefined
  readonly code?: string | undefined
  readonly headers?: readonly string[] | undefined
}

/** Something that goes wrong, in the form in which OpenAI tells it. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly body: ApiErrorBody
  readonly headers: readonly string[]

  constructor({ status, message, type, param, code, headers = [] }: Told, options?: ErrorOptions) {
    super(message, options)
    this.status = status
    this.headers = headers
    const named = { param: param ?? null, code: code ?? null }
    this.body = { error: { message, type: type ?? typeOf(status), ...named } }
  }
}

function typeOf(status: number): string {
  if (status === 429) return 'rate_limit_error'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}

/** Codes that clients of OpenAI look for. */
const codes: ReadonlyMap<string, string> = new Map<FailureCode, string>([
  ['key_missing', 'invalid_api_key'],
  ['key_invalid', 'invalid_api_key'],
  ['rate_limited', 'rate_limit_exceeded'],
  ['model_unknown', 'model_not_found'],
])

/** The parameters that some failures are about. */
const params: ReadonlyMap<string, string> = new Map<FailureCode, string>([
  ['model_unknown', 'model'],
  ['model_missing', 'model'],
  ['chat_unconfigured', 'model'],
  ['profile_unknown', 'gantry.profile'],
  ['server_unknown', 'gantry.servers'],
  ['tool_answer_missing', 'messages'],
])

/** Retrying helps nobody here: the official clients would otherwise do it by themselves. */
const noRetry = ['x-should-retry', 'false']

/** What a client is told of something that was thrown; undefined when nobody foresaw it. */
export function apiErrorOf(thrown: unknown): ApiError | undefined {
  if (thrown instanceof ApiError) return thrown
  if (!(thrown instanceof GatewayError)) return undefined
  const { status, message, remedy, retryable, code } = thrown
  const headers = [...headersOf(thrown), ...(status >= 500 && !retryable ? noRetry : [])]
  const told = { status, message: `${message}. ${remedy}`, headers }
  return new ApiError(
    { ...told, code: codes.get(code) ?? code, param: params.get(code) },
    { cause: thrown },
  )
}

/** The same of what a conversation ended with; once tools have run, doing all of it again is no repair. */
export function conversationError(error: ChatError, hasActed: boolean): ApiError {
  const { status, code, type, message, remedy, retryAfterMs } = error
  return new ApiError({
    status,
    code: codes.get(code) ?? code,
    param: params.get(code),
    type,
    message: remedy === undefined ? message : `${message}. ${remedy}`,
    headers: [
      ...(retryAfterMs === undefined
        ? []
        : ['Retry-After', String(Math.ceil(retryAfterMs / 1000))]),
      ...(hasActed || isFinal(code) ? noRetry : []),
    ],
  })
}

function isFinal(code: string): boolean {
  const row = Object.entries(failures).find(([name]) => name === code)
  return row !== undefined && !row[1].retryable
}

/** A parameter that is not as it must be. */
export function misfit(param: string, message: string, code = 'invalid_value'): ApiError {
  return new ApiError({ status: 400, message, param, code })
}

/** The first thing that a schema found, with the parameter as OpenAI writes it: `messages[0].role`. */
export function schemaError({ issues }: z.ZodError, value: unknown): ApiError {
  const [issue] = issues
  const path = issue?.path ?? []
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  const param = printParam([...path, ...unknown])
  if (unknown.length > 0)
    return misfit(param, `Unknown parameter: '${param}'.`, 'unknown_parameter')
  if (param !== '' && valueAt(value, path) === undefined) {
    const message = `Missing required parameter: '${param}'.`
    return misfit(param, message, 'missing_required_parameter')
  }
  const what = param === '' ? 'Invalid request body' : `Invalid value for '${param}'`
  return misfit(param, `${what}: ${issue?.message ?? 'it does not fit'}.`)
}

function printParam(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let inner = value
  for (const part of path) inner = Object(inner)[part]
  return inner
}

const internal = new ApiError({
  status: 500,
  message: 'The gateway failed in a way nobody foresaw.',
  code: 'internal',
  headers: noRetry,
})

/** In the form that clients of `/v1` read. */
export function refuseApi(
  response: ServerResponse,
  thrown: unknown,
  more: readonly string[] = [],
): void {
  const { status, body, headers } = apiErrorOf(thrown) ?? internal
  sendJson(response, status, toJson(body), ['Cache-Control', 'no-store', ...headers, ...more])
}

/** The same as the data of one event, for an answer that has begun. */
export function errorEvent(thrown: unknown): ApiErrorBody {
  return (apiErrorOf(thrown) ?? internal).body
}
