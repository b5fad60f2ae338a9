import { parseExact } from '../../kit/exact-json.ts'
import { isRecord } from '../../kit/is-record.ts'
import type { GatewayLink, RequestOptions } from './link.ts'
import { RpcError } from './link.ts'
import { plain, plainLine } from './print/plain.ts'
import type { Shell } from './shell.ts'

const approvalKey = 'gantry/approval'

export interface Asking {
  readonly link: GatewayLink
  readonly shell: Shell
  /** The members of the params, as JSON without the braces. */
  readonly members: string
  readonly argumentsJson: string
  readonly options: RequestOptions
}

/** Calls a tool; when somebody has to be asked, the person at the terminal is, where there is one. */
export async function callWithConsent(asking: Asking): Promise<unknown> {
  const { link, shell, members, options } = asking
  try {
    return await link.request('tools/call', `{${members}}`, options)
  } catch (cause) {
    if (!shell.askLine || !needsApproval(cause)) throw cause
  }
  const able = { ...options, answersQuestions: true }
  const asked = await link.request('tools/call', `{${members}}`, able)
  const about = approvalIn(asked)
  if (!isRecord(asked) || !about) return asked
  const decision = await decide(asking, about)
  const response = { [approvalKey]: { action: 'accept', content: { decision } } }
  const answered = `"inputResponses":${JSON.stringify(response)},"requestState":${JSON.stringify(asked['requestState'])}`
  return link.request('tools/call', `{${members},${answered}}`, able)
}

function needsApproval(cause: unknown): boolean {
  return (
    cause instanceof RpcError && isRecord(cause.data) && cause.data['code'] === 'needs_approval'
  )
}

/** What the gateway wants to know; undefined when it asks nothing, or a server does. */
function approvalIn(result: unknown): Readonly<Record<string, unknown>> | undefined {
  const requests = isRecord(result) ? result['inputRequests'] : undefined
  const request = isRecord(requests) ? requests[approvalKey] : undefined
  const params = isRecord(request) ? request['params'] : undefined
  const meta = isRecord(params) ? params['_meta'] : undefined
  const approval = isRecord(meta) ? meta[approvalKey] : undefined
  return isRecord(approval) ? approval : undefined
}

async function decide(
  { shell, argumentsJson }: Asking,
  { server, tool, reason }: Readonly<Record<string, unknown>>,
): Promise<'once' | 'always' | 'deny'> {
  const given = plain(JSON.stringify(parseExact(argumentsJson), null, 2))
  shell.stderr.write(
    `${plainLine(`${String(server)}/${String(tool)}`)} needs your approval: ${plainLine(String(reason))}\n${given}\n`,
  )
  const answer = await shell.askLine?.('Run it? [y] this once  [a] always  [N] no: ')
  switch (answer?.trim().toLowerCase()) {
    case 'y':
    case 'yes':
      return 'once'
    case 'a':
    case 'always':
      return 'always'
    case undefined:
    default:
      return 'deny'
  }
}
