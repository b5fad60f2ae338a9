import type { ChatPiece } from '../../contract/chat.ts'
import type { ByteText } from '../../wire/bytes.ts'
import { toJson } from '../../wire/bytes.ts'
import { errorEvent } from './api-error.ts'
import type { StreamPrinter } from './answer.ts'
import { printResponse, printResult } from './print-response.ts'
import type { ResponseHead, ResponseItem } from './print-response.ts'
import type { PartKind } from './response-items.ts'
import { callItem, messageItem, newId, printPart } from './response-items.ts'
import { printTold } from './told-event.ts'
import type { TurnResult } from './turn.ts'

interface OpenMessage {
  readonly id: string
  readonly index: number
  readonly parts: { readonly kind: PartKind; text: string }[]
}

interface OpenCall {
  readonly itemId: string
  readonly index: number
  readonly id: string
  readonly name: string
  arguments: string
}

/** The events of a response that is made piece by piece. */
export class ResponseStream implements StreamPrinter {
  readonly #head: ResponseHead
  readonly #finished: (result: TurnResult) => void
  /** By their place in the output; those that are not done are missing. */
  readonly #items: ResponseItem[] = []
  readonly #calls = new Map<number, OpenCall>()
  #message: OpenMessage | undefined
  #places = 0
  #events = 0

  constructor(head: ResponseHead, finished: (result: TurnResult) => void) {
    this.#head = head
    this.#finished = finished
  }

  begin(): ByteText {
    const response = printResponse(this.#head, { status: 'in_progress', output: [] })
    return (
      this.#event('response.created', { response }) +
      this.#event('response.in_progress', { response })
    )
  }

  piece(piece: ChatPiece): ByteText {
    switch (piece.kind) {
      case 'text':
        return this.#say('output_text', piece.text)
      case 'refusal':
        return this.#say('refusal', piece.text)
      case 'reasoning':
        return ''
      case 'caller_call':
        return this.#call(piece)
      default:
        return piece satisfies never
    }
  }

  /** The official client takes no events but OpenAI's: this one means nothing to it. */
  told(told: Parameters<StreamPrinter['told']>[0]): ByteText {
    return this.#event('keepalive', { gantry: printTold(told) })
  }

  end(result: TurnResult): ByteText {
    const isEmpty = this.#places === 0
    const closed = (isEmpty ? this.#openMessage() : '') + this.#closeMessage() + this.#closeCalls()
    const response = printResult(this.#head, result, this.#items)
    const isCut = result.finish === 'length' || result.finish === 'content_filter'
    this.#finished(result)
    return closed + this.#event(isCut ? 'response.incomplete' : 'response.completed', { response })
  }

  fail(thrown: unknown): ByteText {
    const { error } = errorEvent(thrown)
    const { message, code } = error
    const more = { error: { code: code ?? 'server_error', message } }
    const output = this.#items.filter(Boolean)
    const response = printResponse(this.#head, { status: 'failed', output, more })
    return this.#event('error', { ...error, error }) + this.#event('response.failed', { response })
  }

  #say(kind: PartKind, text: string): ByteText {
    const opened = this.#message ? '' : this.#openMessage()
    const message = this.#message
    if (!message) return opened
    let before = opened
    if (message.parts.at(-1)?.kind !== kind)
      before += this.#closePart(message) + this.#openPart(kind)
    const part = message.parts.at(-1)
    if (part) part.text += text
    const more = kind === 'output_text' ? { delta: text, logprobs: [] } : { delta: text }
    return before + this.#event(`response.${kind}.delta`, { ...this.#at(message), ...more })
  }

  #openMessage(): ByteText {
    const message = { id: newId('msg'), index: this.#places++, parts: [] }
    this.#message = message
    const item = messageItem(message.id, [], false)
    return this.#event('response.output_item.added', { output_index: message.index, item })
  }

  #openPart(kind: PartKind): ByteText {
    const message = this.#message
    if (!message) return ''
    message.parts.push({ kind, text: '' })
    const part = printPart(kind, '')
    return this.#event('response.content_part.added', { ...this.#at(message), part })
  }

  #closePart(message: OpenMessage): ByteText {
    const last = message.parts.at(-1)
    if (!last) return ''
    const { kind, text } = last
    const said = kind === 'refusal' ? { refusal: text } : { text, logprobs: [] }
    const at = this.#at(message)
    return (
      this.#event(`response.${kind}.done`, { ...at, ...said }) +
      this.#event('response.content_part.done', { ...at, part: printPart(kind, text) })
    )
  }

  #closeMessage(): ByteText {
    const message = this.#message
    if (!message) return ''
    const closed = this.#closePart(message)
    this.#message = undefined
    const parts = message.parts.map(({ kind, text }) => printPart(kind, text))
    return closed + this.#done(message.index, messageItem(message.id, parts, true))
  }

  #call({ index, id = '', name = '', argumentsPart }: CallerPiece): ByteText {
    const known = this.#calls.get(index)
    let opened = ''
    if (!known) opened = this.#closeMessage() + this.#openCall(index, { id, name })
    const call = this.#calls.get(index)
    if (!call || argumentsPart === '') return opened
    call.arguments += argumentsPart
    const at = { item_id: call.itemId, output_index: call.index }
    const delta = { ...at, delta: argumentsPart }
    return opened + this.#event('response.function_call_arguments.delta', delta)
  }

  #openCall(index: number, named: Pick<OpenCall, 'id' | 'name'>): ByteText {
    const call = { ...named, itemId: newId('fc'), index: this.#places++, arguments: '' }
    this.#calls.set(index, call)
    const item = callItem(call.itemId, call, false)
    return this.#event('response.output_item.added', { output_index: call.index, item })
  }

  #closeCalls(): ByteText {
    return [...this.#calls.values()].map((call) => this.#closeCall(call)).join('')
  }

  #closeCall(call: OpenCall): ByteText {
    const { itemId, index, name, arguments: args } = call
    const told = { item_id: itemId, output_index: index, name, arguments: args }
    const done = this.#event('response.function_call_arguments.done', told)
    return done + this.#done(index, callItem(itemId, call, true))
  }

  #done(index: number, item: ResponseItem): ByteText {
    this.#items[index] = item
    return this.#event('response.output_item.done', { output_index: index, item })
  }

  #at({ id, index, parts }: OpenMessage): object {
    return { item_id: id, output_index: index, content_index: Math.max(parts.length - 1, 0) }
  }

  #event(type: string, fields: object): ByteText {
    const text = toJson({ type, sequence_number: this.#events++, ...fields })
    return `event: ${type}\ndata: ${text}\n\n`
  }
}

type CallerPiece = Extract<ChatPiece, { kind: 'caller_call' }>
