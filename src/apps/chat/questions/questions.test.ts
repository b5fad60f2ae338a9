import { expect, test } from 'vitest'

import { createInk } from '../markdown/ink.ts'
import type { Ui } from '../terminal/ui.ts'
import { isAllowed } from './allowed.ts'
import type { About } from './answer.ts'
import { createAnswers } from './answer.ts'
import { createTerminalAnswerer } from './at-terminal.ts'
import { fieldsOf, readField } from './form.ts'
import { printableArguments } from './printable.ts'

const about: About = {
  server: 'files',
  tool: 'write',
  argumentsJson: '{"path":"a"}',
  signal: new AbortController().signal,
}

/** A person who answers with these words, and then nothing more. */
function personWho(...answers: readonly string[]) {
  const printed: string[] = []
  const left = [...answers]
  const ui: Ui = {
    ink: createInk(false),
    columns: () => 80,
    rows: () => 24,
    print: (text) => void printed.push(text),
    show: () => {},
    listen: () => ({ [Symbol.dispose]: () => {} }),
    readMessage: async () => ({ kind: 'end' }),
    asking: (ask) =>
      ask({
        print: (text) => void printed.push(text),
        read: (_, signal) => {
          const answer = left.shift()
          if (answer !== undefined) return Promise.resolve(answer)
          return new Promise((resolve) => {
            signal.addEventListener('abort', () => resolve(undefined), { once: true })
          })
        },
      }),
  }
  const answerer = createTerminalAnswerer({
    ui,
    allowed: ['files/read_*'],
    leave: () => {},
    decided: () => {},
  })
  return { printed, answer: createAnswers(answerer) }
}

const asked = (meta: object) => ({
  q: { method: 'elicitation/create', params: { message: 'Well?', _meta: meta } },
})
const approval = { id: 'x', server: 'files', tool: 'write', arguments: {}, reason: 'it writes' }

test('an approval is answered with what the person decided, and nothing is no', async () => {
  const question = asked({ 'gantry/approval': approval })

  expect(await personWho('y').answer(question, about)).toEqual({
    q: { action: 'accept', content: { decision: 'once' } },
  })
  expect(await personWho('').answer(question, about)).toMatchObject({
    q: { content: { decision: 'deny' } },
  })
})

test('without an answer in time it is no', async () => {
  const soon = new Date(Date.now() + 30).toISOString()
  const { printed, answer } = personWho()

  const answers = await answer(
    asked({ 'gantry/approval': { ...approval, expires_at: soon } }),
    about,
  )

  expect(answers).toMatchObject({ q: { content: { decision: 'deny' } } })
  expect(printed.join('\n')).toContain('Nobody answered in time')
})

test('a server that pretends to ask for approval of another tool is shown as the server it is', async () => {
  const { printed, answer } = personWho('n')

  const answers = await answer(asked({ 'gantry/approval': { ...approval, tool: 'read' } }), about)

  expect(answers).toEqual({ q: { action: 'decline' } })
  expect(printed.join('\n')).toContain('files asks, for write: Well?')
})

test('what was allowed beforehand is not asked, and only that', async () => {
  const { printed, answer } = personWho('n')
  const readable = { ...approval, tool: 'read_text' }

  await answer(asked({ 'gantry/approval': readable }), { ...about, tool: 'read_text' })

  expect(printed).toEqual([])
  expect(isAllowed({ server: 'files', tool: 'read_text' }, ['files/read_*'])).toBe(true)
  expect(isAllowed({ server: 'other', tool: 'read_text' }, ['files/read_*'])).toBe(false)
  expect(isAllowed({ server: 'other', tool: 'read_text' }, ['read_text'])).toBe(true)
  expect(isAllowed({ server: 'files', tool: 'write' }, ['files/read_*'])).toBe(false)
})

test('a form that asks for a secret is declined unasked, other methods too', async () => {
  const form = {
    message: 'Sign in',
    requestedSchema: { properties: { p: { type: 'string', title: 'Your password' } } },
  }
  const { printed, answer } = personWho('y', 'hunter2')

  expect(
    await answer(
      {
        a: { method: 'elicitation/create', params: form },
        b: { method: 'sampling/createMessage' },
      },
      about,
    ),
  ).toEqual({ a: { action: 'decline' }, b: { action: 'decline' } })
  expect(printed.join('\n')).toContain('looks like a secret: declined')
})

test('fields are read in their types', () => {
  const fields = fieldsOf({
    properties: {
      n: { type: 'integer', title: 'How many', default: 2 },
      ok: { type: 'boolean' },
      pick: { type: 'string', oneOf: [{ const: 'a', title: 'A' }, { const: 'b' }] },
      many: { type: 'array', items: { enum: ['x', 'y'] } },
    },
    required: ['ok'],
  })
  const read = (index: number, text: string) => {
    const field = fields[index]
    return field && readField(field, text)
  }

  expect(fields.map(({ label, hint }) => label + hint)).toEqual([
    'How many (a whole number; empty: 2)',
    'ok (yes or no)',
    'pick (a | b; may be empty)',
    'many (x | y, with commas between; may be empty)',
  ])
  expect(read(0, '')).toEqual({ value: 2 })
  expect(read(0, '7')).toEqual({ value: 7 })
  expect(read(0, '7.5')).toEqual({ problem: 'Write a whole number.' })
  expect(read(1, 'yes')).toEqual({ value: true })
  expect(read(1, '')).toEqual({ problem: 'This one is needed.' })
  expect(read(2, 'c')).toEqual({ problem: 'Choose from a, b.' })
  expect(read(3, 'x, y')).toEqual({ value: ['x', 'y'] })
})

test('arguments hide nothing: what cannot be seen is written as its number, and digits stay', () => {
  expect(printableArguments('{"a":"x\\u202ey\\u200b","n":9007199254740993}')).toBe(
    '{\n  "a": "x\\u202ey\\u200b",\n  "n": 9007199254740993\n}',
  )
  expect(printableArguments('{"t":"\u{E0041}\u00A0"}')).toContain('\\udb40\\udc41\\u00a0')
})
