import type { ChatEnded, ChatEvent, ToolOutcome } from '../../contract/chat.ts'
import { plain, plainLine } from '../../kit/plain.ts'
import { beginSession, settled } from './begin.ts'
import { saveBytesIn } from './bytes.ts'
import { createInk } from './markdown/ink.ts'
import { createMarkdownStream } from './markdown/stream.ts'
import type { ChatOptions } from './options.ts'
import { isAllowed } from './questions/allowed.ts'
import type { Answerer } from './questions/answer.ts'

/** Where the answer of one message goes. */
export interface OneShotOutput {
  readonly isTerminal: boolean
  readonly columns: number
  readonly write: (text: string) => void
  /** What is not the answer. */
  readonly note: (text: string) => void
}

export interface OneShot {
  readonly prompt: string
  readonly isJson: boolean
  readonly output: OneShotOutput
}

/** `refused`: a tool was not run because nobody could be asked. `unreachable`: the tools could not be reached. */
export type OneShotEnd = 'done' | 'failed' | 'refused' | 'unreachable'

interface Called {
  readonly server: string | undefined
  readonly tool: string
  readonly arguments: unknown
  outcome: 'result' | 'error' | 'refused' | 'unknown'
}

/** Says one thing, prints the answer, and asks nobody anything. */
export async function sayOnce(options: ChatOptions, asked: OneShot): Promise<OneShotEnd> {
  const refused = new Set<string>()
  await settled(options.link)
  const { session } = await beginSession(options, {
    answerer: absentPerson(options.allow, refused),
  })
  const view = createView(options, asked, refused)
  let end: ChatEnded | undefined
  for await (const event of session.say(asked.prompt, options.signal)) {
    if (event.type === 'ended') end = event
    else await view.take(event)
  }
  view.end()
  if (options.signal.aborted) options.signal.throwIfAborted()
  const { id } = session.conversation()
  if (asked.isJson && end) {
    asked.output.write(`${JSON.stringify(report(end, { id, called: view.called }), null, 2)}\n`)
  }
  for (const name of refused) {
    asked.output.note(
      `${plainLine(name)} was not run: it needs consent and nobody can be asked here\n  → Allow it beforehand with --allow '${plainLine(name)}', or chat without -p.\n`,
    )
  }
  if (end) tellEnd(end, asked.output)
  return refused.size > 0 ? 'refused' : endOf(end)
}

const unreachable = new Set(['gateway_unreachable', 'gateway_lost', 'server_unreachable'])

function endOf(end: ChatEnded | undefined): OneShotEnd {
  if (end?.reason === 'stop' || end?.reason === 'budget') return 'done'
  return unreachable.has(end?.error?.code ?? '') ? 'unreachable' : 'failed'
}

function tellEnd(end: ChatEnded, output: OneShotOutput): void {
  if (end.reason === 'failed') tellFailure(end, output)
  else if (end.reason !== 'stop') output.note(`The answer ended early: ${end.reason}\n`)
}

function tellFailure({ error }: ChatEnded, { note }: OneShotOutput): void {
  if (!error) return
  const remedy = error.remedy === undefined ? '' : `  → ${plainLine(error.remedy)}\n`
  note(`${plain(error.message)}\n${remedy}`)
}

/** Only what was allowed beforehand is allowed. */
function absentPerson(patterns: readonly string[], refused: Set<string>): Answerer {
  return {
    isAbsent: true,
    async approve(approval) {
      if (isAllowed(approval, patterns)) return 'once'
      refused.add(`${approval.server}/${approval.tool}`)
      return 'deny'
    },
    fillIn: async () => ({ action: 'decline' }),
  }
}

interface View {
  readonly called: readonly Called[]
  take(event: ChatEvent): Promise<void>
  end(): void
}

function createView(
  { hasColor, save }: ChatOptions,
  { isJson, output }: OneShot,
  refused: Set<string>,
): View {
  const byId = new Map<string, Called>()
  const called: Called[] = []
  const page = () => ({ columns: output.columns - 1, ink: createInk(hasColor) })
  const markdown = createMarkdownStream(page)
  let lastCharacter = '\n'

  function write(text: string): void {
    if (isJson) return
    if (!output.isTerminal) {
      lastCharacter = text.at(-1) ?? lastCharacter
      return output.write(text)
    }
    for (const line of markdown.push(text)) output.write(`${line}\n`)
  }

  async function ended(id: string, outcome: ToolOutcome): Promise<void> {
    const call = byId.get(id)
    if (!call) return
    call.outcome = outcomeWord(outcome)
    const isUnasked = outcome.kind === 'refused' && outcome.code === 'needs_approval'
    if (isUnasked)
      refused.add(call.server === undefined ? call.tool : `${call.server}/${call.tool}`)
    if (outcome.kind !== 'result') return
    for (const said of await saveBytesIn(outcome.content, call.tool, save)) output.note(`${said}\n`)
  }

  return {
    called,
    async take(event) {
      if (event.type === 'piece' && (event.piece.kind === 'text' || event.piece.kind === 'refusal'))
        write(event.piece.text)
      else if (event.type === 'call_started') {
        const { server, tool, arguments: json } = event
        const call: Called = { server, tool, arguments: parsed(json), outcome: 'unknown' }
        byId.set(event.id, call)
        called.push(call)
      } else if (event.type === 'call_ended') await ended(event.id, event.outcome)
    },
    end() {
      if (isJson) return
      if (output.isTerminal) for (const line of markdown.end()) output.write(`${line}\n`)
      else if (lastCharacter !== '\n') output.write('\n')
    },
  }
}

function outcomeWord(outcome: ToolOutcome): Called['outcome'] {
  if (outcome.kind === 'result') return outcome.isError ? 'error' : 'result'
  return 'refused'
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    // A model may write what is no JSON.
    return json
  }
}

interface Reported {
  readonly id: string
  readonly called: readonly Called[]
}

function report({ reason, messages, usage, model, error }: ChatEnded, { id, called }: Reported) {
  const last = messages.findLast(({ role }) => role === 'assistant')
  return {
    conversation: id,
    model,
    reason,
    answer: typeof last?.content === 'string' ? last.content : null,
    tools_called: called,
    messages,
    usage: usage ?? null,
    ...(error !== undefined && { error }),
  }
}
