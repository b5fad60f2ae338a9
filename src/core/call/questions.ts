import { GatewayError } from '../../contract/gateway-error.ts'
import { isRecord } from '../../kit/is-record.ts'
import { Member } from '../../wire/members.ts'
import type { Question } from './sink.ts'
import { faultJson } from '../eras/fault.ts'

/** Whether a client that declared these capabilities can be asked this. */
export function canAnswer(
  question: Question,
  capabilities: Readonly<Record<string, unknown>>,
): boolean {
  switch (question.method) {
    case 'sampling/createMessage':
      return capabilities['sampling'] !== undefined
    case 'roots/list':
      return capabilities['roots'] !== undefined
    case 'elicitation/create': {
      const elicitation = capabilities['elicitation']
      if (!isRecord(elicitation)) return false
      const params = question.request.parsed(Member.params)
      // An empty object declares forms only.
      return !isRecord(params) || params['mode'] !== 'url' || elicitation['url'] !== undefined
    }
    default:
      return false
  }
}

/** Answers in the client's stead, in a way the server can go on with. */
export function declineQuestion(question: Question, reason: string): void {
  if (question.method === 'roots/list') return question.answer('result', '{"roots":[]}')
  if (question.method === 'elicitation/create')
    return question.answer('result', '{"action":"cancel"}')
  const error = new GatewayError('question_refused', { method: question.method, reason })
  question.answer('error', faultJson(error))
}
