import type { ChatMessage, ChatPiece, ChatUsage, ToolCall } from '../contract/chat.ts'
import type { CallPiece, FinishReason, TurnPiece } from './provider.ts'
import { ProviderError } from './provider.ts'

/** What one turn of a model came to. */
export interface Turn {
  readonly message: ChatMessage
  readonly calls: readonly ToolCall[]
  readonly usage: ChatUsage | undefined
  /** Undefined when the turn was cut off. */
  readonly finish: FinishReason | undefined
  /** How many characters came, for those who do not say what they used. */
  readonly length: number
}

export interface TurnCollector {
  /** Takes a piece in, and gives back what of it is shown. */
  take(piece: TurnPiece): readonly ChatPiece[]
  end(): Turn
}

export interface CollectorOptions {
  /** The names of the caller's own tools: calls of them are shown as they come. */
  readonly callerNames: ReadonlySet<string>
  /** Counts on over all turns of an answer. */
  readonly nextCallerIndex: () => number
  readonly idsInUse: Set<string>
}

/** Beyond this it is no answer any more. */
const longestTurn = 8 * 1024 * 1024
const mostCalls = 128

interface Open {
  id: string
  name: string
  args: string
  keep: Readonly<Record<string, unknown>>
  callerIndex: number | undefined
}

/** Puts the pieces of a turn together, in whatever parts they come. */
export function createTurnCollector(options: CollectorOptions): TurnCollector {
  const text = { text: '', refusal: '' }
  const calls = new Map<number, Open>()
  let fields: Readonly<Record<string, unknown>> = {}
  let usage: ChatUsage | undefined
  let finish: FinishReason | undefined
  let length = 0

  function grow(by: number): void {
    length += by
    if (length > longestTurn || calls.size > mostCalls) throw tooMuch()
  }

  function takeCall(piece: CallPiece): readonly ChatPiece[] {
    const { index, argumentsPart = '' } = piece
    const known = calls.get(index)
    const call = known ?? { id: '', name: '', args: '', keep: {}, callerIndex: undefined }
    if (!known) calls.set(index, call)
    grow(argumentsPart.length + 16)
    // What has been said once stays: some providers say it again with each part.
    if (call.id === '') call.id = ownId(piece.id, options.idsInUse)
    call.args += argumentsPart
    call.keep = { ...call.keep, ...piece.keep }
    if (call.name !== '') return shownPart(call, argumentsPart)
    call.name = piece.name ?? ''
    if (!options.callerNames.has(call.name)) return []
    call.callerIndex = options.nextCallerIndex()
    const { id, name, args, callerIndex } = call
    return [{ kind: 'caller_call', index: callerIndex, id, name, argumentsPart: args }]
  }

  return {
    take(piece) {
      switch (piece.kind) {
        case 'text':
        case 'refusal':
          grow(piece.text.length)
          text[piece.kind] += piece.text
          return piece.text === '' ? [] : [piece]
        case 'reasoning':
          grow(piece.text.length)
          return piece.text === '' ? [] : [piece]
        case 'call':
          return takeCall(piece)
        case 'keep':
          fields = { ...fields, ...piece.fields }
          return []
        case 'usage':
          usage = piece.usage
          return []
        case 'finish':
          finish = piece.reason
          return []
        default:
          return piece satisfies never
      }
    },
    end() {
      const written = [...calls.entries()].toSorted(([one], [other]) => one - other)
      const made = written.map(([, call]) => toCall(call, options.idsInUse))
      return { message: toMessage(text, made, fields), calls: made, usage, finish, length }
    },
  }
}

/** The message without its calls, for those that are not made. */
export function withoutCalls({ message }: Turn): ChatMessage {
  const { tool_calls: _, ...rest } = message
  return typeof rest['refusal'] === 'string' ? rest : { ...rest, content: rest.content ?? '' }
}

/** What is kept of a turn that was cut off: the words, as far as there are any. */
export function keptOf(turn: Turn): readonly ChatMessage[] {
  const message = withoutCalls(turn)
  const saysSomething = message.content !== '' || typeof message['refusal'] === 'string'
  return saysSomething ? [message] : []
}

function toMessage(
  { text, refusal }: { readonly text: string; readonly refusal: string },
  calls: readonly ToolCall[],
  fields: Readonly<Record<string, unknown>>,
): ChatMessage {
  return {
    ...fields,
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
    ...(refusal !== '' && { refusal }),
    ...(calls.length > 0 && { tool_calls: [...calls] }),
  }
}

function toCall({ id, name, args, keep }: Open, idsInUse: Set<string>): ToolCall {
  return {
    ...keep,
    id: id === '' ? ownId(undefined, idsInUse) : id,
    type: 'function',
    // Some write nothing where there are no arguments; a name that is missing would be refused in the next turn.
    function: { name: name || 'unnamed', arguments: args.trim() === '' ? '{}' : args },
  }
}

function shownPart({ callerIndex }: Open, argumentsPart: string): readonly ChatPiece[] {
  if (callerIndex === undefined || argumentsPart === '') return []
  return [{ kind: 'caller_call', index: callerIndex, argumentsPart }]
}

/** Answers are told apart by the ids of calls: none may be missing or there twice. */
function ownId(id: string | undefined, idsInUse: Set<string>): string {
  const isFree = id !== undefined && id !== '' && !idsInUse.has(id)
  const own = isFree ? id : `call_${crypto.randomUUID().replaceAll('-', '').slice(0, 24)}`
  idsInUse.add(own)
  return own
}

function tooMuch(): ProviderError {
  return new ProviderError({
    status: 502,
    code: 'provider_answer_too_large',
    type: 'server_error',
    message: `The model's turn has more than ${longestTurn} characters or ${mostCalls} calls`,
  })
}
