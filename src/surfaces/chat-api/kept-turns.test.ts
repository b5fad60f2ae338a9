import { expect } from 'vitest'
import { verifies } from '../../../test/requirements/verifies.ts'
import type { ChatMessage } from '../../contract/chat.ts'
import { createKeptTurns } from './kept-turns.ts'
import { createShelf } from './shelf.ts'

const says = (content: string): ChatMessage => ({ role: 'user', content })
const call = (id: string, args = '{"a": 1}') => ({
  id,
  type: 'function' as const,
  function: { name: 'own', arguments: args },
})
const shown: ChatMessage = { role: 'assistant', content: 'Hm.', tool_calls: [call('call_1')] }
const whole: readonly ChatMessage[] = [
  { role: 'assistant', content: 'Hm.', tool_calls: [call('call_0'), call('call_1')] },
  { role: 'tool', tool_call_id: 'call_0', content: 'of ours' },
]
const answer: ChatMessage = { role: 'tool', tool_call_id: 'call_1', content: 'of theirs' }

function keeping(messages: readonly ChatMessage[]) {
  const shelf = createShelf<readonly ChatMessage[]>({
    entries: 10,
    bytes: 1e6,
    totalBytes: 1e6,
    ttlMs: 1000,
    now: () => 0,
  })
  const turns = createKeptTurns(shelf)
  turns.keep('ada', { messages, shown, whole })
  return turns
}

verifies(
  'chat-api:mixed-tools',
  'what our tools answered is put back where it was left out',
  () => {
    const turns = keeping([says('Go on')])

    expect(turns.restore('ada', [says('Go on'), shown, answer])).toEqual([
      says('Go on'),
      ...whole,
      answer,
    ])
  },
)

verifies('chat-api:mixed-tools', 'it is found however a client writes the same message', () => {
  const turns = keeping([says('Go on')])
  const rewritten: readonly ChatMessage[] = [
    { role: 'system', content: 'It is 12:03' },
    { role: 'user', content: [{ type: 'text', text: 'Go on' }] },
    {
      ...shown,
      content: [{ type: 'text', text: 'Hm. ' }],
      tool_calls: [call('call_1', '{"a":1}')],
    },
  ]

  expect(turns.restore('ada', rewritten)).toContain(whole[1])
})

verifies(
  ['chat-api:isolation', 'chat-api:mixed-tools'],
  'it is put into no other conversation, and into none of anybody else',
  () => {
    const turns = keeping([says('Go on')])
    const other = { ...shown, tool_calls: [call('call_1', '{"a":2}')] }

    for (const [principal, messages] of [
      ['bob', [says('Go on'), shown, answer]],
      ['ada', [says('Go on, please'), shown, answer]],
      ['ada', [says('Go on'), other, answer]],
      ['ada', [says('Go on'), says('Well?'), shown, answer]],
    ] as const)
      expect(turns.restore(principal, messages)).toEqual(messages)
  },
)
