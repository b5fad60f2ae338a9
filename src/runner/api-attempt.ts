import type { LlmApi, LlmProgram } from '../contract/llm.ts'
import type { LlmEvent } from './events/event.ts'
import type { Attempt, Told } from './verdict.ts'
import { hear, nothingTold } from './verdict.ts'
import { watchAttempt } from './watch.ts'
import type { Watch } from './watch.ts'

/** Asks a model over HTTP and tells what comes as a program would; what fails is an event, too. */
export type AskApi = (ask: ApiAsk) => AsyncIterable<LlmEvent>

export interface ApiAsk {
  /** Whose answer it is, for people. */
  readonly program: string
  readonly api: LlmApi
  readonly model: string
  readonly prompt: string
  readonly schema: Readonly<Record<string, unknown>> | undefined
  readonly signal: AbortSignal
}

export interface ApiAttemptSpec extends Omit<ApiAsk, 'program' | 'signal'> {
  readonly program: LlmProgram
  readonly leftMs: number
  readonly signal: AbortSignal
  readonly hear: (event: LlmEvent) => void
  /** Gets everything that comes. */
  readonly keep: (printed: Buffer) => void
}

/** Asks once and listens until the answer is over, whatever ends it. */
export async function runApiAttempt(spec: ApiAttemptSpec, ask: AskApi): Promise<Attempt> {
  const ended = new AbortController()
  const watch = watchAttempt(spec, () => ended.abort())
  try {
    const { api, model, prompt, schema, program } = spec
    const events = ask({ program: program.name, api, model, prompt, schema, signal: ended.signal })
    const told = await listen(events, spec, watch)
    return { endedBy: watch.endedBy(), code: told.error ? 1 : 0, signal: null, stderr: [], told }
  } finally {
    watch.end()
  }
}

async function listen(
  events: AsyncIterable<LlmEvent>,
  { program, hear: tell, keep }: ApiAttemptSpec,
  watch: Watch,
): Promise<Told> {
  let told = nothingTold
  let answerBytes = 0
  for await (const event of events) {
    // What fails because it was ended is no news.
    if (watch.endedBy() !== undefined) break
    watch.alive()
    keep(Buffer.from(`${JSON.stringify(event)}\n`))
    told = hear(told, event)
    tell(event)
    if (event.kind === 'delta') answerBytes += Buffer.byteLength(event.text)
    if (answerBytes > program.outputBytes) watch.stop('output_limit')
  }
  return told
}
