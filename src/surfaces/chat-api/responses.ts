import type { ChatMessage } from '../../contract/chat.ts'
import type { AnswerOptions } from './answer.ts'
import { answerStream, answerWhole } from './answer.ts'
import { misfit } from './api-error.ts'
import { printResult } from './print-response.ts'
import { readResponse } from './read-response.ts'
import { itemsOf, newId } from './response-items.ts'
import { ResponseStream } from './response-stream.ts'
import type { ApiVisit } from './serve.ts'
import type { Shelf } from './shelf.ts'
import { runTurn } from './turn.ts'
import type { TurnDeps, TurnResult } from './turn.ts'

export interface ResponsesDeps extends TurnDeps {
  /** The conversations that led to responses, without instructions. */
  readonly stored: Shelf<readonly ChatMessage[]>
}

/** `POST /v1/responses`. */
export function createResponses(
  deps: ResponsesDeps,
  options: AnswerOptions,
): (visit: ApiVisit) => Promise<void> {
  const { stored } = deps

  return ({ access, body, response, signal }) => {
    const { principal } = access
    const asked = readResponse(body, (id) => stored.get(principal, id) ?? unknownResponse(id))
    const head = { id: newId('resp'), createdAt: Math.floor(deps.now() / 1000), asked }
    const finished = (result: TurnResult): void => {
      if (!asked.isStored) return
      const { messages: value } = result
      stored.put(principal, head.id, { value, bytes: JSON.stringify(value).length })
    }
    const events = runTurn(deps, { access, asked, signal })
    if (asked.isStream) {
      const printer = new ResponseStream(head, finished)
      return answerStream(response, events, { printer, options })
    }
    return answerWhole(response, events, (result) => {
      finished(result)
      return printResult(head, result, itemsOf(result))
    })
  }
}

function unknownResponse(id: string): never {
  throw misfit(
    'previous_response_id',
    `Previous response with id '${id}' not found: it is unknown, not stored or too old.`,
    'previous_response_not_found',
  )
}
