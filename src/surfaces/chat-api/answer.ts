import type { ServerResponse } from 'node:http'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { ByteText } from '../../wire/bytes.ts'
import { toJson } from '../../wire/bytes.ts'
import { sendJson } from '../door/answers.ts'
import { apiErrorOf, refuseApi } from './api-error.ts'
import { createReplyStream } from './reply-stream.ts'
import type { ToldEvent } from './told-event.ts'
import type { TurnEvent, TurnResult } from './turn.ts'
import type { ChatPiece } from '../../contract/chat.ts'

/** How a stream of one form is printed. */
export interface StreamPrinter {
  begin(): ByteText
  piece(piece: ChatPiece): ByteText
  told(told: ToldEvent): ByteText
  end(result: TurnResult): ByteText
  fail(thrown: unknown): ByteText
}

export interface AnswerOptions {
  /** After this time without a word the client is shown that somebody is still there. */
  readonly quietMs: number
  readonly onFault: (error: unknown) => void
}

/** Aborted when the client leaves before it is answered. */
export function untilLeft(response: ServerResponse): AbortSignal {
  const left = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) left.abort(new GatewayError('call_cancelled', { reason }))
  })
  return left.signal
}

const reason = 'the client closed its connection'

/** Answers with everything at once. */
export async function answerWhole(
  response: ServerResponse,
  events: AsyncIterable<TurnEvent>,
  print: (result: TurnResult) => object,
): Promise<void> {
  for await (const event of events) {
    if (event.type === 'done' && !response.destroyed)
      sendJson(response, 200, toJson(print(event.result)), ['Cache-Control', 'no-store'])
  }
}

/**
 * Answers piece by piece, no faster than the client reads. Until the first piece is there a failure is still answered
 * with its status.
 */
export async function answerStream(
  response: ServerResponse,
  events: AsyncIterable<TurnEvent>,
  { printer, options }: { readonly printer: StreamPrinter; readonly options: AnswerOptions },
): Promise<void> {
  const stream = createReplyStream(response, options)
  let isBegun = false
  const print = (event: TurnEvent): ByteText => {
    const begun = isBegun ? '' : printer.begin()
    isBegun = true
    if (event.type === 'piece') return begun + printer.piece(event.piece)
    return event.type === 'told' ? begun + printer.told(event.event) : begun
  }
  try {
    for await (const event of events) {
      const text = print(event)
      if (event.type === 'done') stream.end(text + printer.end(event.result))
      else if (text !== '') await stream.send(text)
    }
  } catch (error) {
    if (!stream.hasBegun) throw error
    if (!apiErrorOf(error)) options.onFault(error)
    stream.end((isBegun ? '' : printer.begin()) + printer.fail(error))
  }
}

/** What goes wrong before anything was answered. */
export function fail(
  response: ServerResponse,
  error: unknown,
  onFault: (error: unknown) => void,
): void {
  if (!apiErrorOf(error)) onFault(error)
  if (response.destroyed) return
  if (response.headersSent) response.destroy()
  else refuseApi(response, error)
}
