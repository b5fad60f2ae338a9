import type { IncomingMessage, ServerResponse } from 'node:http'
import { GatewayError } from '../../contract/gateway-error.ts'
import { modernVersion } from '../../core/call/era.ts'
import type { Scope } from '../../core/clients/exchange.ts'
import type { Gateway } from '../../core/gateway.ts'
import { Member } from '../../wire/members.ts'
import type { Message, ReadMessage } from '../../wire/message.ts'
import type { Bytes } from '../../wire/bytes.ts'
import { toBuffer } from '../../wire/bytes.ts'
import { ScanError } from '../../wire/scan-error.ts'
import type { RequestHeaders } from '../door/admission.ts'
import { unreadable } from '../../core/clients/unreadable.ts'
import { refuseHttp, sendEmpty } from '../door/answers.ts'
import { readBody } from '../door/body.ts'
import type { ScanLimits } from '../../wire/scan-limits.ts'
import { serveBatch } from './batch.ts'
import type { LegacyDoor } from './legacy-door.ts'
import type { ModernDoor } from './modern-door.ts'

/** One request at an MCP address. */
export interface Visit {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly headers: RequestHeaders
  readonly scope: Scope
}

export interface EndpointOptions {
  readonly gateway: Gateway
  readonly requestLimitBytes: number
  readonly scanLimits: ScanLimits
  readonly read: ReadMessage
  readonly legacy: LegacyDoor
  readonly modern: ModernDoor
  readonly shed: Shed
  /** A request that failed in a way nobody foresaw. */
  readonly onFault: (error: unknown) => void
}

/** Turns new requests away while the gateway has more to do than it can. */
export interface Shed {
  /** Whether any is turned away at the moment. */
  readonly isOn: boolean
  /** Why a request of this method is not taken; undefined when it is. */
  refuse(method: string): GatewayError | undefined
}

/** MCP over Streamable HTTP for clients of both eras; what came decides which one it is. */
export function createEndpoint(options: EndpointOptions): (visit: Visit) => void {
  const { legacy, modern, read, requestLimitBytes, shed } = options
  const gate = createGate(shed)

  function received(visit: Visit, body: Bytes, isTaken: boolean): void {
    try {
      serve(visit, body, isTaken)
    } catch (error) {
      options.onFault(error)
      if (visit.response.headersSent) visit.response.destroy()
      else refuseHttp(visit.response, new GatewayError('internal', undefined))
    }
  }

  function serve(visit: Visit, body: Bytes, isTaken: boolean): void {
    if (isArray(body)) return serveBatch(visit, toBuffer(body), options)
    let message: Message
    try {
      message = read(body)
    } catch (error) {
      if (!(error instanceof ScanError)) throw error
      const { failure, id } = unreadable(error)
      return refuseHttp(visit.response, failure, { status: 400, id })
    }
    const refusal = isTaken ? undefined : gate.whenRead(message)
    if (refusal) return refuseHttp(visit.response, refusal, { id: message.raw(Member.id) })
    if (isModern(message, visit.headers)) modern.serve(visit, message)
    else legacy.serve(visit, message)
  }

  function post(visit: Visit): void {
    const { request, response, headers } = visit
    const problem = unfit(headers)
    if (problem) return refuseHttp(response, problem.error, { status: problem.status })
    const length = declaredLength(headers)
    const isTold = shed.isOn && gate.isTold(headers)
    const refusal = isTold ? shed.refuse(headers.mcpMethod ?? '') : undefined
    if (refusal) return refuseUnread(response, refusal, length)
    readBody(request, requestLimitBytes, length, (error, body) => {
      if (error) return refuseHttp(response, error, { headers: ['Connection', 'close'] })
      received(visit, body, isTold)
    })
  }

  return (visit) => {
    const { request, response, headers } = visit
    if (request.method === 'POST') return post(visit)
    const isSession = request.method === 'GET' || request.method === 'DELETE'
    if (!isSession || (headers.protocolVersion ?? '') >= modernVersion) {
      return sendEmpty(response, 405, ['Allow', 'POST'])
    }
    if (request.method === 'GET') legacy.stream(visit)
    else legacy.end(visit)
  }
}

/** Clients that answer a question of a server continue a call that was taken before. */
const continuedMs = 600_000

/** Decides at which point a request can be turned away, at the least cost. */
function createGate(shed: Shed) {
  let continuedAt = -continuedMs

  return {
    /** Whether the head says all that counts: in the modern era, while nobody continues calls. */
    isTold: ({ mcpMethod }: RequestHeaders) =>
      mcpMethod !== undefined && performance.now() - continuedAt > continuedMs,
    whenRead(message: Message): GatewayError | undefined {
      if (message.kind !== 'request') return undefined
      if (message.has(Member.requestState) || message.has(Member.inputResponses)) {
        continuedAt = performance.now()
        return undefined
      }
      return shed.isOn ? shed.refuse(message.method) : undefined
    },
  }
}

/** What is left of a small body costs less to read than a new connection. */
const worthReadingBytes = 64 * 1024

function refuseUnread(
  response: ServerResponse,
  error: GatewayError,
  lengthBytes: number | undefined,
): void {
  const isWorth = lengthBytes !== undefined && lengthBytes <= worthReadingBytes
  refuseHttp(response, error, { headers: isWorth ? [] : ['Connection', 'close'] })
}

/** The ladder of the specification: what the body says comes before what the headers say. */
function isModern(message: Message, headers: RequestHeaders): boolean {
  if (message.kind === 'response') return false
  if (message.has(Member.protocolVersion)) return true
  return message.method !== 'initialize' && (headers.protocolVersion ?? '') >= modernVersion
}

function unfit(
  headers: RequestHeaders,
): { readonly error: GatewayError; readonly status: number } | undefined {
  const type = headers.contentType
  if (type !== 'application/json' && !/^application\/json\s*(?:;|$)/i.test(type ?? '')) {
    const problem = `the content type is "${type ?? ''}", not application/json`
    return { error: new GatewayError('request_invalid', { problem }), status: 415 }
  }
  if (headers.contentEncoding !== undefined && headers.contentEncoding !== 'identity') {
    const problem = `the body is encoded as "${headers.contentEncoding}"`
    return { error: new GatewayError('request_invalid', { problem }), status: 415 }
  }
  if (
    headers.accept !== undefined &&
    !/json|event-stream|\*\/\*|application\/\*/i.test(headers.accept)
  ) {
    const problem = `"Accept: ${headers.accept}" leaves no way to answer; accept application/json and text/event-stream`
    return { error: new GatewayError('request_invalid', { problem }), status: 406 }
  }
  return undefined
}

/** The HTTP parser has checked that it is a number, and one only. */
function declaredLength({ contentLength }: RequestHeaders): number | undefined {
  return contentLength === undefined ? undefined : Number(contentLength)
}

function isArray(body: Bytes): boolean {
  const first = Buffer.isBuffer(body) ? body : body[0]
  return first?.find(isNoSpace) === 0x5b
}

function isNoSpace(byte: number): boolean {
  return byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09
}
