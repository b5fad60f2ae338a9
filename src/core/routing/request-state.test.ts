import { expect, test } from 'vitest'

import { GatewayError } from '../../contract/gateway-error.ts'
import { createMessageReader } from '../../wire/message.ts'
import type { OpenState, Seal, StateScope } from './request-state.ts'
import { createRequestStates } from './request-state.ts'

const read = createMessageReader()
const open = { inner: '"the server\\u0027s own"', round: 3 }

// Readable and still bound to its text: enough to see what is sealed.
const seal: Seal = {
  seal: (text) => `sealed ${text}`,
  open: (sealed) => (sealed.startsWith('sealed ') ? sealed.slice('sealed '.length) : undefined),
  digest: (text) => Buffer.from(text).toString('base64url'),
}

test('what one caller was given opens for the same call only', () => {
  const states = createRequestStates(seal, () => 0)
  const state = states.wrap(open, call())
  const again = call({ state })

  expect(states.unwrap(again)).toEqual(open)
  expect(() => states.unwrap({ ...again, caller: { principal: 'somebody else' } })).toThrow(refused)
  expect(() => states.unwrap({ ...again, server: 'another' })).toThrow(refused)
  expect(() => states.unwrap({ ...again, method: 'prompts/get' })).toThrow(refused)
  expect(() => states.unwrap(call({ state, name: 'other' }))).toThrow(refused)
  expect(() => states.unwrap(call({ state: '"made up"' }))).toThrow(refused)
  expect(() => states.unwrap(call())).toThrow(refused)
})

test('what was given opens for ten minutes', () => {
  let now = 0
  const states = createRequestStates(seal, () => now)
  const state = states.wrap(open, call())

  now = 10 * 60_000 - 1
  expect(states.unwrap(call({ state }))).toEqual(open)
  now += 1
  expect(() => states.unwrap(call({ state }))).toThrow(refused)
})

test.each([
  ['{"a":1,"b":{"c":[1,2]}}', '{ "b":{"c":[1, 2]}, "a":1.0 }', true],
  ['{"text":"\\u00e9"}', '{"text":"é"}', true],
  ['{}', undefined, true],
  ['{"a":1}', '{"a":"1"}', false],
  ['{"a":[1,2]}', '{"a":[2,1]}', false],
  ['{"a":9007199254740993}', '{"a":9007199254740992}', false],
  ['{"a":9007199254740993}', '{"a":{"rawJSON":"9007199254740993"}}', false],
  ['{"a":1e400}', '{"a":1e401}', false],
  ['{"a":1e400}', '{"a":null}', false],
  ['{"__proto__":1}', '{}', false],
])('state given for %s with %s instead: it opens is %s', (first, second, opens) => {
  const states = createRequestStates(seal, () => 0)
  const state = states.wrap(open, call({ args: first }))
  const opened = opensWith(() => states.unwrap(call({ state, args: second })))

  expect(opened).toBe(opens)
})

function opensWith(unwrap: () => OpenState): boolean {
  try {
    return unwrap().inner === open.inner
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'request_state_invalid') return false
    throw error
  }
}

const refused = 'The request state is not valid for this call'

function call({
  name = 'tool',
  args,
  state,
}: {
  readonly name?: string
  readonly args?: string | undefined
  readonly state?: string
} = {}): StateScope {
  const params = [
    `"name":"${name}"`,
    ...(args === undefined ? [] : [`"arguments":${args}`]),
    ...(state === undefined ? [] : [`"requestState":${state}`]),
  ]
  const text = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{${params.join(',')}}}`
  return {
    server: 'server',
    caller: { principal: 'local' },
    method: 'tools/call',
    message: read(Buffer.from(text)),
  }
}
