import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Scope } from '../../core/clients/exchange.ts'
import type { EnvelopeFault, Underway } from '../../core/clients/modern.ts'
import { envelopeAnswer, envelopeFault, serveModern } from '../../core/clients/modern.ts'
import { mismatchedParamHeader } from '../../core/catalog/param-headers.ts'
import { fromHeaderValue } from '../../core/eras/header-value.ts'
import type { Gateway } from '../../core/gateway.ts'
import { Member } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import type { RequestHeaders } from '../door/admission.ts'
import { sendEmpty, sendJson } from '../door/answers.ts'
import { guarded } from '../door/guard.ts'
import { HttpExchange } from '../door/http-exchange.ts'
import type { Visit } from './endpoint.ts'
import type { Waiting } from '../door/waiting.ts'

export interface ModernDoor {
  serve(visit: Visit, message: Message): void
  /** Ends the streams that would stay open for ever. */
  close(error: GatewayError): void
}

/** Serves clients of 2026-07-28: each request stands alone, and leaving is cancelling. */
export function createModernDoor(
  gateway: Gateway,
  waiting: Waiting,
  onFault: (error: unknown) => void,
): ModernDoor {
  const streams = new Set<Underway>()

  function check(
    message: Message,
    headers: RequestHeaders,
    request: IncomingMessage,
    scope: Scope,
  ) {
    return (
      envelopeProblem(message, headers) ??
      nameProblem(message, headers) ??
      paramProblem(gateway, message, request, scope)
    )
  }

  return {
    serve(visit, message) {
      const { response, headers, scope } = visit
      if (message.kind !== 'request') return sendEmpty(response, 202)
      const id = message.raw(Member.id) ?? 'null'
      const fault = check(message, headers, visit.request, scope)
      if (fault)
        return sendJson(response, fault.code === -32601 ? 404 : 400, envelopeAnswer(id, fault))

      const exchange = new HttpExchange(response, { accept: headers.accept, onFault })
      const underway = serveModern({ gateway, scope, message, exchange })
      if (!underway || exchange.isAnswered) return
      const isStream = message.method === 'subscriptions/listen'
      exchange.waitIn(waiting)
      if (isStream) streams.add(underway)
      const left = guarded(onFault, () => {
        streams.delete(underway)
        exchange.leave()
        if (!exchange.isAnswered)
          underway.cancel(new GatewayError('call_cancelled', { reason: leaving }))
      })
      // Whoever left while the request was read has left already, and is not heard leaving again.
      if (response.destroyed) left()
      else response.once('close', left)
    },
    close(error) {
      for (const underway of streams) underway.cancel(error)
    },
  }
}

const leaving = 'the client closed its connection'
const headerMismatch = -32020

/** In the specification's order: malformed, disagreeing, unknown version, missing. */
function envelopeProblem(message: Message, headers: RequestHeaders): EnvelopeFault | undefined {
  const fault = envelopeFault(message)
  if (fault?.code === -32602) return fault
  if (message.method === 'initialize')
    return { code: -32601, text: 'Method "initialize" does not exist in this era' }
  const version = message.text(Member.protocolVersion)
  if (headers.protocolVersion !== undefined && headers.protocolVersion.trim() !== version) {
    return mismatch('MCP-Protocol-Version', headers.protocolVersion, version)
  }
  if (headers.mcpMethod !== undefined && headers.mcpMethod.trim() !== message.method) {
    return mismatch('Mcp-Method', headers.mcpMethod, message.method)
  }
  if (fault) return fault
  if (headers.protocolVersion === undefined)
    return mismatch('MCP-Protocol-Version', undefined, version)
  if (headers.mcpMethod === undefined) return mismatch('Mcp-Method', undefined, message.method)
  return undefined
}

function nameProblem(message: Message, headers: RequestHeaders): EnvelopeFault | undefined {
  const name = mirroredName(message)
  if (name === undefined) return undefined
  const sent = headers.mcpName === undefined ? undefined : fromHeaderValue(headers.mcpName)
  return sent === name ? undefined : mismatch('Mcp-Name', headers.mcpName, name)
}

function mirroredName(message: Message): string | undefined {
  switch (message.method) {
    case 'tools/call':
    case 'prompts/get':
      return message.text(Member.name)
    case 'resources/read':
      return message.text(Member.uri)
    default:
      return undefined
  }
}

function paramProblem(
  gateway: Gateway,
  message: Message,
  request: IncomingMessage,
  scope: Scope,
): EnvelopeFault | undefined {
  if (message.method !== 'tools/call') return undefined
  const rules = gateway.router.paramHeaders(gateway.view(scope), message.text(Member.name) ?? '')
  if (rules.length === 0) return undefined
  const headerOf = (name: string) => {
    const value = request.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
  const header = mismatchedParamHeader(rules, message.slice(Member.arguments), headerOf)
  return header === undefined
    ? undefined
    : { code: headerMismatch, text: `${header} does not match the arguments` }
}

function mismatch(
  header: string,
  sent: string | undefined,
  expected: string | undefined,
): EnvelopeFault {
  const text =
    sent === undefined
      ? `The header ${header} is missing; the body says "${expected}"`
      : `The header ${header} says "${sent}", the body says "${expected}"`
  return { code: headerMismatch, text }
}
