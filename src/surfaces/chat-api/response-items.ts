import { randomBytes } from 'node:crypto'
import type { ResponseItem } from './print-response.ts'
import type { ShownCall } from './turn-record.ts'
import type { TurnResult } from './turn.ts'

export const newId = (kind: string): string => `${kind}_${randomBytes(18).toString('hex')}`

export type PartKind = 'output_text' | 'refusal'

export function printPart(kind: PartKind, text: string): object {
  return kind === 'refusal'
    ? { type: kind, refusal: text }
    : { type: kind, text, annotations: [], logprobs: [] }
}

export function messageItem(id: string, content: readonly object[], isDone: boolean): ResponseItem {
  const status = isDone ? 'completed' : 'in_progress'
  return { id, type: 'message', status, role: 'assistant', content }
}

export function callItem(itemId: string, call: ShownCall, isDone: boolean): ResponseItem {
  const { id, name, arguments: args } = call
  const status = isDone ? 'completed' : 'in_progress'
  return { id: itemId, type: 'function_call', status, call_id: id, name, arguments: args }
}

/** What an answer that is not streamed consists of. */
export function itemsOf({ text, refusal, calls }: TurnResult): readonly ResponseItem[] {
  const parts = [
    ...(text === '' ? [] : [printPart('output_text', text)]),
    ...(refusal === '' ? [] : [printPart('refusal', refusal)]),
  ]
  return [
    ...(parts.length > 0 || calls.length === 0 ? [messageItem(newId('msg'), parts, true)] : []),
    ...calls.map((call) => callItem(newId('fc'), call, true)),
  ]
}
