import type { GatewayError } from '../../contract/gateway-error.ts'
import { toBuffer } from '../../wire/bytes.ts'
import type { ReadMessage } from '../../wire/message.ts'
import type { RoutedCall } from '../call/call.ts'
import type { Question } from '../call/sink.ts'
import type { Ask } from './ask.ts'
import type { Answer, Desk, Pending } from './desk.ts'
import { questionParams, readReply } from './question.ts'
import { deniedFor, fullFor } from './refusals.ts'

export interface Holding {
  readonly desk: Desk
  readonly read: ReadMessage
  readonly now: () => number
  readonly call: RoutedCall
  readonly ask: Ask
  /** Calls that wait in this way. */
  readonly held: Set<RoutedCall>
  /** Told what somebody decided; undefined when nobody did in time. */
  answered(pending: Pending, answer: Answer | undefined): void
  /** The client could not ask anybody after all. */
  unasked(): void
  failed(error: GatewayError): void
}

/** A client of an older era is asked on its stream while its call waits; it may be decided elsewhere meanwhile. */
export function holdAndAsk(holding: Holding): void {
  const { desk, read, now, call, ask, held } = holding
  const begunMs = now()
  let isOver = false
  const end = (pending: Pending) => {
    isOver = true
    call.heldMs += now() - begunMs
    held.delete(call)
    call.abort = undefined
    question.withdrawn?.()
    desk.drop(pending.id)
  }
  const pending = desk.park(ask, (answer) => {
    if (isOver || !pending) return
    end(pending)
    holding.answered(pending, answer)
  })
  if (!pending) return holding.failed(fullFor(ask))
  held.add(call)
  call.abort = (error) => {
    end(pending)
    holding.failed(error)
  }
  let isAsking = true
  const params = questionParams(pending)
  const question: Question = {
    method: 'elicitation/create',
    request: read(
      toBuffer(`{"jsonrpc":"2.0","id":0,"method":"elicitation/create","params":${params}}`),
    ),
    server: ask.server,
    answer(member, json) {
      if (isOver) return
      const reply = member === 'error' ? 'unasked' : readReply(ask, json, ask.principal)
      if (typeof reply === 'object' && !isAsking) return void desk.decide(pending.id, reply)
      end(pending)
      // What answers before anybody can have read the question is no person.
      if (reply === 'unasked' || isAsking) holding.unasked()
      else holding.failed(deniedFor(ask))
    },
  }
  call.spec.sink.ask(question)
  isAsking = false
}
