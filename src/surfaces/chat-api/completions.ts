import { randomBytes } from 'node:crypto'
import { toJson } from '../../wire/bytes.ts'
import { errorEvent } from './api-error.ts'
import type { AnswerOptions } from './answer.ts'
import { answerStream, answerWhole } from './answer.ts'
import { createChunkPrinter, printCompletion } from './print-completion.ts'
import { readCompletion } from './read-completion.ts'
import type { ApiVisit } from './serve.ts'
import { runTurn } from './turn.ts'
import type { TurnDeps } from './turn.ts'

/** `POST /v1/chat/completions`. */
export function createCompletions(
  deps: TurnDeps,
  options: AnswerOptions,
): (visit: ApiVisit) => Promise<void> {
  return ({ access, body, response, signal }) => {
    const asked = readCompletion(body)
    const { model, isStream, includesUsage } = asked
    const created = Math.floor(deps.now() / 1000)
    const head = { id: `chatcmpl-${randomBytes(15).toString('base64url')}`, created, model }
    const events = runTurn(deps, { access, asked, signal })
    if (!isStream) return answerWhole(response, events, (result) => printCompletion(head, result))
    const printer = {
      ...createChunkPrinter(head, includesUsage),
      fail: (thrown: unknown) => `data: ${toJson(errorEvent(thrown))}\n\n`,
    }
    return answerStream(response, events, { printer, options })
  }
}
