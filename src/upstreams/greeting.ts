import { GatewayError } from '../contract/failure.ts'
import { modernVersion, newestLegacy } from '../core/call/era.ts'
import type { Greeting, ServerCapabilities } from '../core/routing/upstream.ts'
import { isRecord } from '../kit/is-record.ts'
import type { ByteText } from '../wire/bytes.ts'
import { toJson } from '../wire/bytes.ts'
import { Member, metaKeys } from '../wire/members.ts'
import type { Message } from '../wire/message.ts'

/** How the gateway names itself to servers. */
export const ownInfo: ByteText = toJson({ name: 'gantry', title: 'Gantry', version: '0.1.0' })

/** A shared connection promises only what the gateway can always honour: what no client can answer is declined. */
export function initializeParams(): ByteText {
  const capabilities =
    '{"roots":{"listChanged":true},"sampling":{},"elicitation":{"form":{},"url":{}}}'
  return `{"protocolVersion":"${newestLegacy}","capabilities":${capabilities},"clientInfo":${ownInfo}}`
}

/** The envelope of our own modern requests. */
export const ownEnvelope: ByteText = `"${metaKeys.protocolVersion}":"${modernVersion}","${metaKeys.clientCapabilities}":{},"${metaKeys.clientInfo}":${ownInfo}`

interface InitializeResult {
  readonly protocolVersion?: unknown
  readonly capabilities?: ServerCapabilities
  readonly serverInfo?: unknown
  readonly instructions?: unknown
}

export function parseInitialize(server: string, reply: Message): Greeting {
  const result = reply.parsed(Member.result) as InitializeResult | undefined
  if (!result || typeof result.protocolVersion !== 'string') {
    const said = reply.isError ? reply.raw(Member.error) : reply.raw(Member.result)
    throw new GatewayError('server_answer_invalid', {
      server,
      problem: `its answer to initialize was ${said?.slice(0, 200) ?? 'nothing'}`,
    })
  }
  return {
    era: 'legacy',
    protocolVersion: result.protocolVersion,
    capabilities: result.capabilities ?? {},
    serverInfo: toJson(result.serverInfo ?? { name: server, version: '0' }),
    instructions: textOf(result.instructions),
  }
}

interface DiscoverResult {
  readonly supportedVersions?: unknown
  readonly capabilities?: ServerCapabilities
  readonly instructions?: unknown
  readonly _meta?: Readonly<Record<string, unknown>>
}

/** What `server/discover` said; undefined when it shows that the server is not modern. */
export function parseDiscover(server: string, reply: Message): Greeting | undefined {
  const result = reply.parsed(Member.result) as DiscoverResult | undefined
  if (!result || !Array.isArray(result.supportedVersions)) return undefined
  if (!result.supportedVersions.includes(modernVersion)) return undefined
  return {
    era: 'modern',
    protocolVersion: modernVersion,
    capabilities: result.capabilities ?? {},
    serverInfo: toJson(result._meta?.[metaKeys.serverInfo] ?? { name: server, version: '0' }),
    instructions: textOf(result.instructions),
  }
}

/** A modern server that speaks none of our versions must not be taken for a legacy one: throws then. */
export function refuseUnknownModern(server: string, reply: Message | undefined): void {
  const supported = supportedVersions(reply)
  if (!supported || supported.some((version) => version < modernVersion)) return
  throw new GatewayError('server_unreachable', {
    server,
    reason: `it speaks only ${supported.join(', ')}, which this gateway does not know`,
  })
}

/** The versions a server names when it refuses ours; undefined for any other answer. */
export function supportedVersions(reply: Message | undefined): readonly string[] | undefined {
  if (reply?.raw(Member.errorCode) !== '-32022') return undefined
  const data = reply.parsed(Member.errorData)
  const supported = isRecord(data) ? data['supported'] : undefined
  return Array.isArray(supported) && supported.length > 0 ? supported.map(String) : undefined
}

export function discoverRequest(id: number): ByteText {
  return `{"jsonrpc":"2.0","id":${id},"method":"server/discover","params":{"_meta":{${ownEnvelope}}}}`
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
