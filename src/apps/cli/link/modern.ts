import { isRecord } from '../../../kit/is-record.ts'
import type { RequestOptions } from '../link.ts'

const protocolVersion = '2026-07-28'
const prefix = 'io.modelcontextprotocol'

/** Which member of the params a proxy may read from the `Mcp-Name` header. */
const namedBy: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
])

interface Body {
  readonly id: number
  readonly method: string
  readonly paramsJson: string
  readonly version: string
  readonly options: RequestOptions
}

/** The request as text: the params stay the bytes they are, `_meta` is put in front of them. */
export function requestBody({ id, method, paramsJson, version, options }: Body): string {
  const { meta: further, answersQuestions = false, onNotification } = options
  const meta = JSON.stringify({
    [`${prefix}/protocolVersion`]: protocolVersion,
    [`${prefix}/clientInfo`]: { name: 'gantry-cli', version },
    [`${prefix}/clientCapabilities`]: answersQuestions ? { elicitation: {} } : {},
    ...(onNotification ? { progressToken: id } : {}),
    ...further,
  })
  const inside = paramsJson.trim().slice(1, -1).trim()
  const params = `{"_meta":${meta}${inside === '' ? '' : `,${inside}`}}`
  return `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${params}}`
}

export function requestHeaders(
  method: string,
  paramsJson: string,
  mirrored: ReadonlyMap<string, string> = new Map(),
): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': protocolVersion,
    'mcp-method': method,
  }
  const member = namedBy.get(method)
  const params: unknown = member === undefined ? undefined : JSON.parse(paramsJson)
  const name = isRecord(params) && member !== undefined ? params[member] : undefined
  if (typeof name === 'string') headers['mcp-name'] = encodeHeader(name)
  for (const [header, value] of mirrored) headers[`mcp-param-${header}`] = encodeHeader(value)
  return headers
}

/** What is not plain visible ASCII travels as base64, and so does what looks like it. */
export function encodeHeader(value: string): string {
  const isPlain = /^[!-~](?:[ -~]*[!-~])?$/.test(value) && !value.startsWith('=?base64?')
  return isPlain ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`
}
