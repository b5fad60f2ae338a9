import pc from 'picocolors'

import type { FailureCode } from '../../../contract/failure.ts'
import { failures } from '../../../contract/failure.ts'
import { GatewayError } from '../../../contract/gateway-error.ts'
import { isRecord } from '../../../kit/is-record.ts'
import { RpcError } from '../link.ts'
import { exitCodes } from '../shell.ts'
import type { ExitCode } from '../shell.ts'
import { plain, plainLine } from './plain.ts'

const exits: Partial<Record<FailureCode, ExitCode>> = {
  usage_invalid: exitCodes.usage,
  gateway_unreachable: exitCodes.unreachable,
  gateway_lost: exitCodes.unreachable,
  server_unreachable: exitCodes.unreachable,
  server_lost: exitCodes.unreachable,
  host_refused: exitCodes.refused,
  origin_refused: exitCodes.refused,
  egress_refused: exitCodes.refused,
  bind_refused: exitCodes.refused,
  key_missing: exitCodes.refused,
  key_invalid: exitCodes.refused,
  scope_missing: exitCodes.refused,
  call_refused: exitCodes.refused,
  needs_approval: exitCodes.refused,
  approval_denied: exitCodes.refused,
  approval_expired: exitCodes.refused,
  approval_own: exitCodes.refused,
  tool_changed: exitCodes.refused,
  agent_refused: exitCodes.refused,
}

/** What happened, and under it what to do: the form of every failure on the command line. */
export interface FailureText {
  readonly text: string
  readonly exit: ExitCode
}

export interface FailureStyle {
  readonly color: boolean
  /** Whether the place of an unexpected error may be shown, for reporting it. */
  readonly debug: boolean
}

export function printFailure(cause: unknown, style: FailureStyle): FailureText {
  if (cause instanceof GatewayError) {
    return { text: twoLines(cause.message, cause.remedy, style), exit: exitOf(cause.code) }
  }
  if (cause instanceof RpcError) {
    const { code, remedy } = isRecord(cause.data) ? cause.data : {}
    const told = typeof remedy === 'string' ? remedy : undefined
    return { text: twoLines(cause.message, told, style), exit: exitOf(code) }
  }
  const error = cause instanceof Error ? cause : new Error(String(cause))
  const remedy = style.debug
    ? plain(error.stack ?? '')
    : 'This is a fault in Gantry. Run it again with GANTRY_DEBUG=1 and report what it prints.'
  return {
    text: twoLines(`Gantry failed: ${error.message}`, remedy, style),
    exit: exitCodes.failed,
  }
}

function exitOf(code: unknown): ExitCode {
  return (isFailureCode(code) ? exits[code] : undefined) ?? exitCodes.failed
}

function isFailureCode(code: unknown): code is FailureCode {
  return typeof code === 'string' && Object.hasOwn(failures, code)
}

function twoLines(
  message: string,
  remedy: string | undefined,
  { color, debug }: FailureStyle,
): string {
  const { red, dim } = pc.createColors(color)
  const what = `${red(plain(message))}\n`
  if (remedy === undefined || remedy === '') return what
  return `${what}  ${dim('→')} ${debug ? remedy : plainLine(remedy)}\n`
}
