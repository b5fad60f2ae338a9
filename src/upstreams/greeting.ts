import { GatewayError } from '../contract/gateway-error.ts'
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

export function parseInitialize(server: string, reply: Message): Greeting {
  const result = resultOf(reply)
  const version = result['protocolVersion']
  if (typeof version !== 'string') {
    const said = reply.isError ? reply.raw(Member.error) : reply.raw(Member.result)
    throw new GatewayError('server_answer_invalid', {
      server,
      problem: `its answer to initialize was ${said?.slice(0, 200) ?? 'nothing'}`,
    })
  }
  return {
    era: 'legacy',
    protocolVersion: version,
    capabilities: capabilitiesOf(result['capabilities']),
    serverInfo: toJson(result['serverInfo'] ?? { name: server, version: '0' }),
    instructions: textOf(result['instructions']),
  }
}

/** What `server/discover` said; undefined when it shows that the server is not modern. */
export function parseDiscover(server: string, reply: Message): Greeting | undefined {
  const result = resultOf(reply)
  const { supportedVersions: versions, _meta: meta } = result
  if (!Array.isArray(versions) || !versions.includes(modernVersion)) return undefined
  const info = isRecord(meta) ? meta[metaKeys.serverInfo] : undefined
  return {
    era: 'modern',
    protocolVersion: modernVersion,
    capabilities: capabilitiesOf(result['capabilities']),
    serverInfo: toJson(info ?? { name: server, version: '0' }),
    instructions: textOf(result['instructions']),
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

function resultOf(reply: Message): Readonly<Record<string, unknown>> {
  const result = reply.parsed(Member.result)
  return isRecord(result) ? result : {}
}

/** What a server says it has, in the shape the gateway reads; what it says beyond that counts for nothing here. */
function capabilitiesOf(said: unknown): ServerCapabilities {
  if (!isRecord(said)) return {}
  const { tools, prompts, resources, completions, logging, extensions, experimental } = said
  return {
    tools: flagsOf(tools),
    prompts: flagsOf(prompts),
    resources: flagsOf(resources),
    completions: isRecord(completions) ? completions : undefined,
    logging: isRecord(logging) ? logging : undefined,
    extensions: isRecord(extensions) ? extensions : undefined,
    experimental: isRecord(experimental) ? experimental : undefined,
  }
}

function flagsOf(said: unknown): ServerCapabilities['resources'] {
  return isRecord(said)
    ? { listChanged: said['listChanged'] === true, subscribe: said['subscribe'] === true }
    : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
