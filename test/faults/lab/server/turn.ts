import { resultOf } from './results.ts'
import type { Heard } from './heard.ts'
import type { Outlet } from './outlet.ts'
import { executeTool } from './tools.ts'
import type { World } from './world.ts'

export interface ReplyOptions {
  /** The id of the answer, as JSON, instead of the right one. */
  readonly id?: string
  /** The right id in a wrong form, or none. */
  readonly idAs?: 'string' | 'null' | 'absent'
  /** The text of the result instead of what the tool says. */
  readonly text?: string
  /** Another answer follows: a stream stays open for it. */
  readonly hasMore?: boolean
  /** A result that says it is an error. */
  readonly isError?: boolean
  /** An error instead of a result. */
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

/** One request on its way to an answer. */
export interface Turn {
  readonly heard: Heard
  readonly outlet: Outlet
  readonly world: World
  /** Does what the tool does, once, whoever asks. */
  execute(): void
  replyText(options?: ReplyOptions): string
  /** Puts a question to the client; resolves with the text of its answer. */
  ask(method: string, params: object): Promise<string>
  /** From here on nobody else answers. */
  claimAnswer(): void
  isAnswered(): boolean
  /** Whether the client cancelled or left. */
  isGivenUp(): boolean
  givenUp(): AbortSignal | undefined
  goOnAnyway(): void
}

let lastQuestion = 0

export function createTurn(heard: Heard, outlet: Outlet, world: World): Turn {
  const cancelled = new AbortController()
  const left = outlet.left()
  const signal = left ? AbortSignal.any([cancelled.signal, left]) : cancelled.signal
  let result: string | undefined
  let isAnswered = false
  let goesOn = false
  const id = heard.id ?? 'null'
  world.open.set(id, () => cancelled.abort())

  const execute = (): void => {
    result ??= resultOf(heard, executeTool(heard, world), world)
  }
  return {
    heard,
    outlet,
    world,
    execute,
    replyText(options = {}) {
      const { text, isError = false, error } = options
      if (error) return `{"jsonrpc":"2.0",${idMember(id, options)}"error":${JSON.stringify(error)}}`
      if (text !== undefined || isError)
        result = resultOf(heard, { text: text ?? 'failed', isError }, world)
      else execute()
      return `{"jsonrpc":"2.0",${idMember(id, options)}"result":${result}}`
    },
    ask(method, params) {
      const { promise, resolve } = Promise.withResolvers<string>()
      const question = `"question-${(lastQuestion += 1)}"`
      world.questions.set(question, resolve)
      outlet.say(
        `{"jsonrpc":"2.0","id":${question},"method":"${method}","params":${JSON.stringify(params)}}`,
      )
      signal.addEventListener('abort', () => resolve(''), { once: true })
      return promise.finally(() => world.questions.delete(question))
    },
    claimAnswer() {
      isAnswered = true
    },
    isAnswered: () => isAnswered,
    isGivenUp: () => !goesOn && signal.aborted,
    givenUp: () => (goesOn ? undefined : signal),
    goOnAnyway() {
      goesOn = true
    },
  }
}

function idMember(right: string, { id, idAs }: ReplyOptions): string {
  switch (idAs) {
    case 'absent':
      return ''
    case 'null':
      return '"id":null,'
    case 'string':
      return `"id":${JSON.stringify(right)},`
    case undefined:
    default:
      return `"id":${id ?? right},`
  }
}
