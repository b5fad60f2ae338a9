import type { ChatEvent, ChatMessage, ChatPiece, ToolOutcome } from '../../contract/chat.ts'

export interface ShownCall {
  readonly id: string
  readonly name: string
  readonly arguments: string
}

/** A call of one of our tools, as a client is told of it. */
export interface DoneCall {
  readonly id: string
  readonly server: string | null
  readonly tool: string
  readonly outcome: ToolOutcome['kind'] | 'unanswered'
  readonly is_error?: boolean
}

interface Started {
  readonly server: string | undefined
  readonly tool: string
  readonly arguments: string
}

/** All that a client is shown of a turn, put together as it comes. */
export class TurnRecord {
  #text = ''
  #isAfterCalls = false
  refusal = ''
  reasoning = ''
  rounds = 0
  readonly #calls: { id: string; name: string; arguments: string }[] = []
  readonly #started = new Map<string, Started>()
  readonly #argumentsOf = new Map<string, string>()
  readonly done: DoneCall[] = []

  get text(): string {
    return this.#text
  }

  get callerCalls(): readonly ShownCall[] {
    return this.#calls
  }

  /** Whether anything was done that doing all of it again would do twice. */
  get hasActed(): boolean {
    return this.done.some(({ outcome }) => outcome !== 'refused')
  }

  /** The arguments of the call that waits for this approval. */
  argumentsFor(approval: string): string {
    return this.#argumentsOf.get(approval) ?? ''
  }

  /** The piece as it is shown: two answers with calls between them are two paragraphs. */
  add(piece: ChatPiece): ChatPiece {
    if (piece.kind === 'refusal') this.refusal += piece.text
    if (piece.kind === 'reasoning') this.reasoning += piece.text
    if (piece.kind === 'caller_call') this.#addCall(piece)
    if (piece.kind !== 'text') return piece
    const text = this.#separated(piece.text)
    this.#text += text
    return text === piece.text ? piece : { kind: 'text', text }
  }

  note(event: ChatEvent): void {
    if (event.type === 'round') this.rounds = event.n
    if (event.type === 'call_started') {
      this.#isAfterCalls = true
      this.#started.set(event.id, event)
    }
    if (event.type === 'call_waits') {
      const { arguments: args = '' } = this.#started.get(event.id) ?? {}
      this.#argumentsOf.set(event.approval.id, args)
    }
    if (event.type === 'call_ended') this.#ended(event.id, event.outcome)
  }

  get message(): ChatMessage {
    const calls = this.#calls.map(({ id, ...own }) => ({
      id,
      type: 'function' as const,
      function: own,
    }))
    return {
      role: 'assistant',
      content: this.#text === '' ? null : this.#text,
      ...(this.refusal !== '' && { refusal: this.refusal }),
      ...(calls.length > 0 && { tool_calls: calls }),
    }
  }

  #ended(id: string, outcome: ToolOutcome): void {
    const { server, tool = '' } = this.#started.get(id) ?? {}
    const isError = outcome.kind === 'result' && outcome.isError
    this.done.push({
      id,
      server: server ?? null,
      tool,
      outcome: outcome.kind,
      ...(isError && { is_error: true }),
    })
  }

  #addCall({ index, id = '', name = '', argumentsPart }: CallerPiece): void {
    const call = (this.#calls[index] ??= { id, name, arguments: '' })
    call.arguments += argumentsPart
  }

  #separated(text: string): string {
    const isFirst = this.#text === '' || !this.#isAfterCalls || text === ''
    if (text !== '') this.#isAfterCalls = false
    if (isFirst || this.#text.endsWith('\n') || text.startsWith('\n')) return text
    return `\n\n${text}`
  }
}

type CallerPiece = Extract<ChatPiece, { kind: 'caller_call' }>
