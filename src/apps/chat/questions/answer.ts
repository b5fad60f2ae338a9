import { isRecord } from '../../../kit/is-record.ts'
import { Approval } from './approval.ts'
import type { Decision } from './approval.ts'

/** Which call a question came up in. */
export interface About {
  readonly server: string
  readonly tool: string
  /** What the chat itself sent. */
  readonly argumentsJson: string
  readonly signal: AbortSignal
}

/** The answers to all that is asked, by its key. */
export type AnswerQuestions = (
  requests: unknown,
  about: About,
) => Promise<Readonly<Record<string, unknown>>>

/** Who answers: a person at the terminal, or what was said beforehand. */
export interface Answerer {
  /** Nobody is there: what was not allowed beforehand is refused, and nobody said no. */
  readonly isAbsent?: boolean
  approve(approval: Approval, about: About): Promise<Decision>
  /** A form of a server, in the terms of `elicitation/create`. */
  fillIn(form: Readonly<Record<string, unknown>>, about: About): Promise<FormAnswer>
}

export type FormAnswer =
  | { readonly action: 'accept'; readonly content: Readonly<Record<string, unknown>> }
  | { readonly action: 'decline' | 'cancel' }

const approvalKey = 'gantry/approval'

export function createAnswers(answerer: Answerer): AnswerQuestions {
  return async (requests, about) => {
    const answers: [string, unknown][] = []
    // One after the other: a person answers one question at a time.
    for (const [key, request] of Object.entries(isRecord(requests) ? requests : {})) {
      answers.push([key, await answerOne(request, about, answerer)])
    }
    return Object.fromEntries(answers)
  }
}

async function answerOne(request: unknown, about: About, answerer: Answerer): Promise<FormAnswer> {
  const { method, params } = isRecord(request) ? request : {}
  if (method !== 'elicitation/create' || !isRecord(params)) return { action: 'decline' }
  const meta = isRecord(params['_meta']) ? params['_meta'] : {}
  const { data: approval } = Approval.safeParse(meta[approvalKey])
  // A server that writes this itself is asked about as the server it is.
  if (approval && approval.server === about.server && approval.tool === about.tool) {
    const decision = await answerer.approve(approval, about)
    return { action: 'accept', content: { decision } }
  }
  return answerer.fillIn(params, about)
}
