import { expect, test } from 'vitest'
import { callerOf, messageOf } from '../../../test/kit/calls.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import { createRequestStates } from '../../core/routing/request-state.ts'
import { createSeal } from './seal.ts'

test('what is sealed opens again, and says nothing in between', () => {
  const seal = createSeal()
  const texts = ['', 'a', 'é漢😀', 'x'.repeat(100_000)]

  expect(texts.map((text) => seal.open(seal.seal(text)))).toEqual(texts)
  expect(seal.seal('secret words')).not.toContain(Buffer.from('secret').toString('base64url'))
  expect(seal.seal('a')).not.toBe(seal.seal('a'))
})

test('nothing that was altered opens: not a bit, not a character, not a piece', () => {
  const seal = createSeal()
  const sealed = seal.seal('{"server":"one"}')
  const bytes = Buffer.from(sealed, 'base64url')
  const flipped = Array.from({ length: bytes.length * 8 }, (_, bit) => {
    const copy = Buffer.from(bytes)
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    return copy.toString('base64url')
  })
  const cut = Array.from({ length: sealed.length }, (_, at) => sealed.slice(0, at))
  const others = [`${sealed}=`, `${sealed}A`, ` ${sealed}`, sealed.toUpperCase(), 'garbage', '']

  expect([...flipped, ...cut, ...others].filter((text) => seal.open(text) !== undefined)).toEqual(
    [],
  )
})

test('another process, with another key, opens nothing of ours', () => {
  expect(createSeal().open(createSeal().seal('a'))).toBeUndefined()
})

test('a digest is the same for the same text only', () => {
  const seal = createSeal()

  expect(seal.digest('a')).toBe(createSeal().digest('a'))
  expect(seal.digest('a')).not.toBe(seal.digest('b'))
})

const scopeOf = (state?: string) => ({
  server: 'one',
  caller: callerOf('modern'),
  method: 'tools/call',
  message: messageOf({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: {
      name: 't',
      arguments: { a: 1 },
      ...(state !== undefined && { requestState: state }),
    },
  }),
})

verifies('edge:20-request-state', 'no altered state reaches its server', () => {
  const states = createRequestStates(createSeal(), () => 0)
  const inner = '{"step":9007199254740993}'
  const state: string = JSON.parse(states.wrap({ inner, round: 1 }, scopeOf()))
  const altered = Array.from({ length: state.length }, (_, at) => {
    const other = state[at] === 'A' ? 'B' : 'A'
    return `${state.slice(0, at)}${other}${state.slice(at + 1)}`
  })

  expect(states.unwrap(scopeOf(state)).inner).toBe(inner)
  for (const text of altered) {
    expect(() => states.unwrap(scopeOf(text))).toThrow('The request state is not valid')
  }
})
