import { GatewayError } from '../../contract/gateway-error.ts'
import { unreadable } from '../../core/clients/unreadable.ts'
import { errorAnswer, faultJson } from '../../core/eras/fault.ts'
import type { ByteText, Payload } from '../../wire/bytes.ts'
import { toBuffer } from '../../wire/bytes.ts'
import { Member } from '../../wire/members.ts'
import type { Message, ReadMessage } from '../../wire/message.ts'
import { EnvelopeError, ScanError } from '../../wire/scan-error.ts'
import type { ScanLimits } from '../../wire/scan-limits.ts'
import { Scanner } from '../../wire/scanner.ts'
import { partsOf } from '../../wire/walk.ts'
import { refuseHttp, sendEmpty } from '../door/answers.ts'
import { HttpExchange } from '../door/http-exchange.ts'
import type { Shed, Visit } from './endpoint.ts'
import type { LegacyDoor } from './legacy-door.ts'

/** More than this at once would let one request fan out without bound. */
const limit = 50

export interface BatchOptions {
  readonly scanLimits: ScanLimits
  readonly read: ReadMessage
  readonly legacy: LegacyDoor
  readonly onFault: (error: unknown) => void
  readonly shed: Shed
}

/** Serves a JSON-RPC batch, which only protocol version 2025-03-26 has. */
export function serveBatch(visit: Visit, body: Buffer, options: BatchOptions): void {
  const { response } = visit
  const { legacy } = options
  const elements = readAll(visit, body, options)
  if (!elements) return
  const messages = elements.filter((element) => typeof element !== 'string')
  if (messages.some((message) => message.has(Member.protocolVersion))) {
    return invalid(visit, 'requests of the modern era cannot be sent in a batch')
  }
  const session = legacy.session(visit)
  if (!session) return
  if (session.protocolVersion !== '2025-03-26') {
    return invalid(visit, `protocol version ${session.protocolVersion} has no batches`)
  }
  const requests = messages.filter(({ kind }) => kind === 'request')
  const faults = elements.filter((element) => typeof element === 'string')
  const refusal = requests.some(({ method }) => method === 'tools/call')
    ? options.shed.refuse('tools/call')
    : undefined
  if (refusal) return refuseHttp(response, refusal)
  const awaited = requests.length + faults.length
  if (awaited === 0) sendEmpty(response, 202)
  const exchange = new HttpExchange(response, {
    accept: 'application/json',
    onFault: options.onFault,
  })
  const answers: Buffer[] = []
  const answer = (payload: Payload) => {
    answers.push(toBuffer(payload))
    if (answers.length === awaited) exchange.answer(joined(answers))
  }
  for (const fault of faults) answer(fault)
  for (const message of messages) session.receive(message, { notify: () => false, answer })
}

/** Each element as a message, or as the answer that says what is wrong with it. */
function readAll(
  visit: Visit,
  body: Buffer,
  { scanLimits, read }: BatchOptions,
): readonly (Message | ByteText)[] | undefined {
  try {
    new Scanner(scanLimits).scan(body)
    const parts = partsOf(body)
    if (parts.length === 0 || parts.length > limit) {
      invalid(visit, `a batch holds 1 to ${limit} messages, this one holds ${parts.length}`)
      return undefined
    }
    return parts.map(({ start, end }) => readOne(body.subarray(start, end), read))
  } catch (error) {
    if (!(error instanceof ScanError)) throw error
    refuseHttp(visit.response, unreadable(error).failure, { status: 400 })
    return undefined
  }
}

function readOne(bytes: Buffer, read: ReadMessage): Message | ByteText {
  try {
    return read(bytes)
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error
    const { failure, id } = unreadable(error)
    return errorAnswer(id, faultJson(failure, { outcome: 'not_executed' }))
  }
}

function invalid({ response }: Visit, problem: string): void {
  const body = errorAnswer('null', faultJson(new GatewayError('request_invalid', { problem })))
  response.writeHead(400, [
    'Content-Type',
    'application/json',
    'Content-Length',
    String(body.length),
  ])
  response.end(body, 'latin1')
}

function joined(answers: readonly Buffer[]): readonly Buffer[] {
  const pieces = answers.flatMap((answer, index) => [Buffer.from(index === 0 ? '[' : ','), answer])
  return [...pieces, Buffer.from(']')]
}
