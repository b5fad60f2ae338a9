import { expect } from 'vitest'

import { converse } from '../../src/assistant/converse.ts'
import type { ChatEvent, FunctionTool, ToolOutcome } from '../../src/contract/chat.ts'
import { verifies } from '../requirements/verifies.ts'
import { calls, chatStream, done, says } from './chat-wire.ts'
import {
  converseTo,
  providerAt,
  requestWith,
  resultOf,
  toolboxOf,
  unansweredIn,
} from './setting.ts'
import { startWire } from './wire-server.ts'

const theirs: FunctionTool = { type: 'function', function: { name: 'theirs' } }
const approval = { id: 'p', server: 'box', tool: 'ask', reason: 'why', expiresAt: undefined }
const fromBegin = { role: 'user' as const, content: 'Go on.' }

/** A conversation of three turns with every kind of call, in small pieces. */
function startStory() {
  return startWire(
    calls(['look', '{"n":1}'], ['look', '{"n":2}'], ['nobody', '{}'], ['look', 'no json']),
    calls(['look', '{"n":3}'], ['ask', '{}'], ['theirs', '{}']),
    says('The end.'),
  )
}

function storyBox() {
  return toolboxOf(
    {
      name: 'look',
      async run({ progress, argumentsJson }) {
        progress?.({ progress: 1 })
        await new Promise((resolve) => setImmediate(resolve))
        return resultOf(argumentsJson)
      },
    },
    { name: 'ask', run: (): ToolOutcome => ({ kind: 'waits', approval }) },
  )
}

verifies(
  'assistant:loop:cancel',
  'wherever somebody leaves, each call in the messages has exactly one answer',
  async () => {
    let cuts = 0
    for (let cutAt = 0; ; cutAt += 1) {
      await using server = await startStory()
      const leaving = new AbortController()
      const events: ChatEvent[] = []
      const request = requestWith({ tools: [theirs], signal: leaving.signal })
      const deps = { provider: providerAt(server), toolbox: storyBox() }
      if (cutAt === 0) leaving.abort()
      for await (const event of converse(deps, request)) {
        events.push(event)
        if (events.length === cutAt) leaving.abort()
      }
      const ended = events.at(-1)
      if (ended?.type !== 'ended') throw new Error('it did not end')
      if (events.length <= cutAt) break
      cuts += 1

      expect(ended.reason).toBe('cancelled')
      expect(unansweredIn([fromBegin, ...ended.messages])).toEqual([])
      await expect.poll(server.open, { timeout: 20_000 }).toBe(0)
    }
    // It was cut before, in and after each turn.
    expect(cuts).toBeGreaterThan(15)
  },
)

verifies(
  'assistant:loop:cancel',
  'a call that runs is told that its caller left, and is answered all the same',
  async () => {
    await using server = await startWire(calls(['quick', '{}'], ['deaf', '{}']))
    const leaving = new AbortController()
    const toolbox = toolboxOf(
      { name: 'quick' },
      {
        name: 'deaf',
        run() {
          setImmediate(() => leaving.abort())
          return new Promise<ToolOutcome>(() => {})
        },
      },
    )
    const { ended } = await converseTo(
      { provider: providerAt(server), toolbox },
      { signal: leaving.signal },
    )
    const answers = ended.messages.filter(({ role }) => role === 'tool')

    expect(toolbox.called[1]?.signal.aborted).toBe(true)
    expect(answers[0]?.content).toContain('quick ran')
    expect(answers[1]?.content).toContain('cancelled by the person')
    expect(ended).toMatchObject({ reason: 'cancelled', pending: [] })
  },
)

verifies(
  'assistant:loop:cancel',
  'whoever leaves while a model speaks, or says nothing, closes its connection',
  async () => {
    const body = chatStream([{ content: 'Once upon a time' }, { content: ' there was' }]) + done
    for (const stallAt of [0, body.indexOf('there')]) {
      await using server = await startWire({ body, stallAt })
      const leaving = new AbortController()
      const told = converseTo({ provider: providerAt(server) }, { signal: leaving.signal })
      await expect.poll(() => server.requests.length, { timeout: 20_000 }).toBe(1)
      leaving.abort()
      const { ended } = await told

      expect(ended.reason).toBe('cancelled')
      expect(ended.messages.every(({ role }) => role === 'assistant')).toBe(true)
      await expect.poll(server.open, { timeout: 20_000 }).toBe(0)
    }
  },
)

verifies('assistant:loop:cancel', 'whoever stops listening ends what goes on', async () => {
  await using server = await startWire(calls(['deaf', '{}']))
  const toolbox = toolboxOf({ name: 'deaf', run: () => new Promise<ToolOutcome>(() => {}) })
  const deps = { provider: providerAt(server), toolbox }
  for await (const event of converse(deps, requestWith())) {
    if (event.type === 'call_started') break
  }

  expect(toolbox.called[0]?.signal.aborted).toBe(true)
})

verifies(
  'assistant:loop:cancel',
  'what a cancelled conversation leaves can be gone on with',
  async () => {
    await using server = await startWire(calls(['slow', '{}']), says('Something else, then.'))
    const leaving = new AbortController()
    const toolbox = toolboxOf({
      name: 'slow',
      run() {
        leaving.abort()
        return new Promise<ToolOutcome>(() => {})
      },
    })
    const deps = { provider: providerAt(server), toolbox }
    const first = await converseTo(deps, { signal: leaving.signal })
    const messages = [
      fromBegin,
      ...first.ended.messages,
      { role: 'user' as const, content: 'Leave it.' },
    ]
    const second = await converseTo(deps, { messages })

    expect(second.text).toBe('Something else, then.')
    expect(server.requests[1]?.body['messages']).toHaveLength(4)
  },
)
