import type { ChatPiece, ChatUsage } from '../../contract/chat.ts'
import type { ByteText } from '../../wire/bytes.ts'
import { toJson } from '../../wire/bytes.ts'
import { printTold } from './told-event.ts'
import type { ToldEvent } from './told-event.ts'
import type { TurnResult } from './turn.ts'

/** What all pieces of one answer have in common. */
export interface CompletionHead {
  readonly id: string
  /** In seconds since 1970. */
  readonly created: number
  readonly model: string
}

export const noUsage: ChatUsage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }

/** The answer in one piece. */
export function printCompletion(head: CompletionHead, result: TurnResult): object {
  const { text, refusal, reasoning, calls, finish, usage, gantry } = result
  const toolCalls = calls.map(({ id, ...called }) => ({ id, type: 'function', function: called }))
  const message = {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
    refusal: refusal === '' ? null : refusal,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
  }
  const choice = { index: 0, message, logprobs: null, finish_reason: finish }
  return { ...head, object: 'chat.completion', choices: [choice], usage: usage ?? noUsage, gantry }
}

/** The answer as a stream of chunks. */
export interface ChunkPrinter {
  begin(): ByteText
  piece(piece: ChatPiece): ByteText
  told(told: ToldEvent): ByteText
  end(result: TurnResult): ByteText
}

export function createChunkPrinter(head: CompletionHead, includesUsage: boolean): ChunkPrinter {
  const common = toJson({ ...head, object: 'chat.completion.chunk' }).slice(1, -1)
  const usage = includesUsage ? ',"usage":null' : ''
  const before = `data: {${common},"choices":[{"index":0,"delta":`
  const after = `,"logprobs":null,"finish_reason":null}]${usage}}\n\n`
  const chunk = (delta: ByteText): ByteText => `${before}${delta}${after}`

  return {
    begin: () => chunk('{"role":"assistant","content":"","refusal":null}'),
    piece: (piece) => chunk(deltaOf(piece)),
    told: (told) =>
      `${before}{},"logprobs":null,"finish_reason":null}]${usage},"gantry":${toJson(printTold(told))}}\n\n`,
    end({ finish, usage: used, gantry }) {
      const last = `${before}{},"logprobs":null,"finish_reason":"${finish}"}]${usage},"gantry":${toJson(gantry)}}\n\n`
      const counted = `data: {${common},"choices":[],"usage":${toJson(used ?? noUsage)}}\n\n`
      return `${last}${includesUsage ? counted : ''}data: [DONE]\n\n`
    },
  }
}

function deltaOf(piece: ChatPiece): ByteText {
  switch (piece.kind) {
    case 'text':
      return `{"content":${toJson(piece.text)}}`
    case 'refusal':
      return `{"refusal":${toJson(piece.text)}}`
    case 'reasoning':
      return `{"reasoning_content":${toJson(piece.text)}}`
    case 'caller_call': {
      const { index, id, name, argumentsPart } = piece
      const own = { ...(name !== undefined && { name }), arguments: argumentsPart }
      const first = id === undefined ? {} : { id, type: 'function' }
      return `{"tool_calls":[${toJson({ index, ...first, function: own })}]}`
    }
    default:
      return piece satisfies never
  }
}
