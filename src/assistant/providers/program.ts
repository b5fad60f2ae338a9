import type { ChatMessage, ChatUsage } from '../../contract/chat.ts'
import type { LlmResult, LlmUsage } from '../../contract/llm.ts'
import { typeOf } from '../chat-error.ts'
import { plainText } from '../plain-text.ts'
import type { Provider, TurnPiece } from '../provider.ts'
import { ProviderError } from '../provider.ts'

export interface ProgramRun {
  readonly program: string
  readonly model: string | undefined
  readonly prompt: string
  readonly signal: AbortSignal
  /** Told each piece of the answer as it comes. */
  readonly hear: (text: string) => void
}

/** Runs an LLM program of this machine. */
export interface ProgramRunner {
  names(): Promise<readonly string[]>
  run(run: ProgramRun): Promise<LlmResult>
}

/** LLM programs as models: `claude`, or `claude/MODEL`; their tools come to them another way, or not at all. */
export function programProvider(programs: ProgramRunner): Provider {
  return {
    name: 'cli',
    toolLimit: 0,
    models: () => programs.names(),
    async *turn({ model, messages, signal }) {
      const [program = '', ...rest] = model.split('/')
      const heard: string[] = []
      let wake: (() => void) | undefined
      const done = programs.run({
        program,
        model: rest.length > 0 ? rest.join('/') : undefined,
        prompt: promptOf(messages),
        signal,
        hear(text) {
          heard.push(text)
          wake?.()
        },
      })
      const settled = done.then(
        () => true,
        () => true,
      )
      let said = ''
      for (let isOver = false; !isOver;) {
        const more = new Promise<boolean>((resolve) => (wake = () => resolve(false)))
        isOver = heard.length === 0 && (await Promise.race([settled, more]))
        const text = heard.splice(0).join('')
        said += text
        if (text !== '') yield { kind: 'text', text }
      }
      yield* endPieces(await done, said)
    },
  }
}

function* endPieces(result: LlmResult, said: string): Generator<TurnPiece, void, undefined> {
  const { success, output = '', usage } = result
  if (!success) throw failureOf(result)
  // Not every program streams, and what one has streamed may be only the end of it.
  if (output !== said && output.startsWith(said)) {
    yield { kind: 'text', text: output.slice(said.length) }
  }
  const counts = usage && usageOf(usage)
  if (counts) yield { kind: 'usage', usage: counts }
  yield { kind: 'finish', reason: 'stop' }
}

const statuses: Partial<Record<NonNullable<LlmResult['error_class']>, number>> = {
  rate_limit: 429,
  usage_limit: 429,
  overloaded: 503,
  queue_full: 503,
  invalid: 400,
  missing: 404,
  timeout: 504,
  idle_timeout: 504,
}

function failureOf({ error, error_class: kind, remedy, retry_after, model }: LlmResult) {
  const status = (kind && statuses[kind]) ?? 502
  return new ProviderError({
    status,
    code: kind === undefined ? 'program_failed' : `program_${kind}`,
    type: typeOf(status),
    message: `Program "${model}" gave no answer: ${error ?? 'it said no reason'}`,
    ...(remedy !== undefined && { remedy }),
    ...(retry_after !== undefined && { retryAfterMs: retry_after * 1000 }),
  })
}

function usageOf({ input_tokens, output_tokens, covers }: LlmUsage): ChatUsage | undefined {
  if (covers !== 'run' || input_tokens === undefined || output_tokens === undefined)
    return undefined
  return {
    prompt_tokens: input_tokens,
    completion_tokens: output_tokens,
    total_tokens: input_tokens + output_tokens,
  }
}

const speakers: Partial<Record<ChatMessage['role'], string>> = {
  system: 'Instructions',
  developer: 'Instructions',
  user: 'User',
  assistant: 'Assistant',
  tool: 'Tool result',
}

/** A conversation as one text; a single message as it is. */
function promptOf(messages: readonly ChatMessage[]): string {
  const [only, ...more] = messages
  if (only && more.length === 0 && only.role === 'user') return plainText(only)
  return messages
    .filter((message) => plainText(message) !== '')
    .map((message) => `${speakers[message.role]}:\n${plainText(message)}`)
    .join('\n\n')
}
