import { expect, test } from 'vitest'
import { verifies } from '../../../test/requirements/verifies.ts'
import { isFailure } from '../../contract/gateway-error.ts'
import type { Pass, TokenAnswer } from '../../core/sign-in/credentials.ts'
import { wellEndpoint } from './endpoint.ts'
import { createServerCredentials } from './server-credentials.ts'
import type { SharedEndpoint } from './token-keeper.ts'
import { TokenKeeper } from './token-keeper.ts'

const down: TokenAnswer = { kind: 'failed', reason: 'it is down' }

/** Time that passes when the test says so, and all that is due in it, in order. */
function createTime() {
  let now = 0
  const waiting: { readonly due: number; readonly work: () => void }[] = []
  return {
    now: () => now,
    later: (ms: number, work: () => void) => void waiting.push({ due: now + ms, work }),
    async pass(ms: number) {
      const end = now + ms
      for (;;) {
        // What was answered is told before anything else is due.
        await new Promise((resolve) => setImmediate(resolve))
        const [next] = waiting.toSorted((one, other) => one.due - other.due)
        if (!next || next.due > end) break
        waiting.splice(waiting.indexOf(next), 1)
        now = Math.max(now, next.due)
        next.work()
      }
      now = end
    },
  }
}

/** A keeper whose endpoint answers from `answers`, the last of them again and again. */
function keeperWith(answers: readonly TokenAnswer[], given: Partial<Shared> = {}) {
  const time = given.time ?? createTime()
  const endpoint = given.endpoint ?? { state: wellEndpoint }
  const left = [...answers]
  const asked: number[] = []
  const keeper = new TokenKeeper({
    ...time,
    endpoint,
    random: () => 0,
    learned() {},
    ask: async () => {
      asked.push(time.now())
      return (left.length > 1 ? left.shift() : left[0]) ?? down
    },
  })
  return { keeper, time, endpoint, asked, left }
}

interface Shared {
  readonly time: ReturnType<typeof createTime>
  readonly endpoint: SharedEndpoint
}

const granted = (token: string, lifetimeMs?: number): TokenAnswer => ({
  kind: 'granted',
  token,
  lifetimeMs,
})
const valueOf = (pass: Pass | undefined) => pass?.authorization
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'there',
    (error: { code: string }) => error.code,
  )

verifies('sign-in:V32', 'many who wait cost one request, and all get what it brings', async () => {
  const { keeper, asked } = keeperWith([granted('a', 60_000)])

  const passes = await Promise.all(Array.from({ length: 64 }, () => keeper.obtain('docs')))

  expect(new Set(passes.map(valueOf))).toEqual(new Set(['Bearer a']))
  expect(keeper.current()).toBe(passes[0])
  expect(asked).toHaveLength(1)
})

verifies(
  'sign-in:ahead',
  'what is used is renewed at four fifths of its time, what is not is left to end',
  async () => {
    const { keeper, asked, time } = keeperWith([granted('a', 100_000), granted('b', 100_000)])
    await keeper.obtain('docs')
    await time.pass(79_000)
    expect(valueOf(keeper.current())).toBe('Bearer a')
    expect(asked).toHaveLength(1)

    await time.pass(1500)
    expect(asked).toEqual([0, 80_000])
    expect(valueOf(keeper.current())).toBe('Bearer b')
    await time.pass(90_000)
    expect(asked).toHaveLength(3)

    // Nobody has asked for the third one.
    await time.pass(1_000_000)
    expect(asked).toHaveLength(3)
    expect(keeper.current()).toBeUndefined()
    expect(keeper.state).toEqual({ state: 'idle', expiresInMs: undefined })
  },
)

verifies(
  'fault:F46',
  'F46: the old token serves until its end while the endpoint is away, which is asked ever less often',
  async () => {
    const { keeper, asked, time, left } = keeperWith([granted('a', 100_000), down])
    await keeper.obtain('docs')
    await time.pass(99_900)
    expect(valueOf(keeper.current())).toBe('Bearer a')
    expect(keeper.state).toMatchObject({ state: 'renewing', expiresInMs: 100 })
    const atFirst = asked.length

    expect(atFirst).toBeGreaterThan(3)
    await time.pass(200)
    expect(keeper.current()).toBeUndefined()
    const began = time.now()
    const told = keeper.obtain('docs').catch((error: unknown) => error)
    await time.pass(5000)
    const error = await told
    expect(isFailure(error, 'auth_unavailable') && error.data).toMatchObject({
      server: 'docs',
      reason: 'it is down',
    })
    expect(time.now() - began).toBeLessThanOrEqual(5000)

    // Ten minutes of calls, twice a second: about one request a minute.
    const before = asked.length
    for (let call = 0; call < 1200; call++) {
      keeper.obtain('docs').catch(() => undefined)
      await time.pass(500)
    }
    expect(asked.length - before).toBeLessThan(25)
    left.splice(0, left.length, granted('b', 100_000))
    await time.pass(60_000)
    keeper.obtain('docs').catch(() => undefined)
    await time.pass(5000)
    expect(valueOf(keeper.current())).toBe('Bearer b')
  },
)

verifies(
  'fault:F46',
  'F46: keepers that ask the same endpoint leave it alone together',
  async () => {
    const one = keeperWith([down])
    const other = keeperWith([down], one)
    for (let call = 0; call < 240; call++) {
      one.keeper.obtain('docs').catch(() => undefined)
      other.keeper.obtain('notes').catch(() => undefined)
      await one.time.pass(500)
    }

    const all = [...one.asked, ...other.asked].toSorted((a, b) => a - b)
    const gaps = all.slice(1).map((at, index) => at - (all[index] ?? 0))
    expect(all.length).toBeLessThan(20)
    // While it is away nobody asks beside somebody else; the first two did not know yet.
    expect(gaps.slice(1).every((gap) => gap >= 125)).toBe(true)
  },
)

verifies(
  'fault:F46',
  'F46: a slow endpoint costs a call 5 s, and what it brings serves the next',
  async () => {
    const time = createTime()
    const { promise, resolve } = Promise.withResolvers<TokenAnswer>()
    const keeper = new TokenKeeper({
      ...time,
      endpoint: { state: wellEndpoint },
      random: () => 0,
      learned() {},
      ask: () => promise,
    })
    const code = codeOf(keeper.obtain('docs'))
    await time.pass(5000)

    expect(await code).toBe('auth_unavailable')
    resolve(granted('a', 60_000))
    await time.pass(1)
    expect(valueOf(keeper.current())).toBe('Bearer a')
  },
)

verifies('fault:F47', 'F47: after a no nothing is asked until somebody says so', async () => {
  const { keeper, asked, time, left } = keeperWith([
    granted('a', 10_000),
    { kind: 'refused', reason: 'no' },
  ])
  await keeper.obtain('docs')
  await time.pass(9000)
  expect(valueOf(keeper.current())).toBe('Bearer a')
  expect(keeper.state.state).toBe('refused')
  for (let call = 0; call < 600; call++) {
    keeper.current()
    expect(await codeOf(keeper.obtain('docs', keeper.current()))).toBe('auth_refused')
    await time.pass(1000)
  }

  expect(asked).toHaveLength(2)
  left.splice(0, left.length, granted('b', 10_000))
  keeper.retry()
  expect(valueOf(await keeper.obtain('docs'))).toBe('Bearer b')
})

verifies(
  'sign-in:renewed-by-hand',
  'a token is renewed once for all that ask for it at once; a good one is kept where none can be had',
  async () => {
    const { keeper, asked, time, left } = keeperWith([granted('a', 60_000), granted('b', 60_000)])
    await keeper.obtain('docs')
    await Promise.all([keeper.renew('docs'), keeper.renew('notes'), keeper.renew('more')])
    expect(valueOf(keeper.current())).toBe('Bearer b')
    expect(asked).toHaveLength(2)

    left.splice(0, left.length, down)
    const renewed = keeper.renew('docs')
    await time.pass(5000)
    await renewed
    expect(valueOf(keeper.current())).toBe('Bearer b')
    await time.pass(60_000)
    const failed = codeOf(keeper.renew('docs'))
    await time.pass(5000)
    expect(await failed).toBe('auth_unavailable')
  },
)

test('a server that refuses new tokens, too, costs no more than one request in half a minute', async () => {
  const { keeper, asked, time } = keeperWith([granted('a', 600_000)])
  const credentials = createServerCredentials('docs', keeper, time.now)
  await credentials.obtain()
  let resent = 0
  for (let call = 0; call < 120; call++) {
    const pass = credentials.current()
    if (pass && credentials.refused(pass, false)) {
      resent++
      if (credentials.refused(await credentials.obtain(pass), true)) throw new Error('again')
    }
    await time.pass(500)
  }

  expect(resent).toBe(2)
  expect(asked).toHaveLength(3)
})

test.each([undefined, Number.POSITIVE_INFINITY, 1e300])(
  'a lifetime of %s is bounded by a day',
  async (lifetimeMs) => {
    const { keeper } = keeperWith([granted('a', lifetimeMs)])
    await keeper.obtain('docs')

    expect(keeper.state).toMatchObject({ state: 'ok' })
    expect(keeper.state.expiresInMs).toBeLessThanOrEqual(86_400_000)
  },
)

test('who is told to stop is told, and the endpoint is free for others', async () => {
  const shared = { time: createTime(), endpoint: { state: wellEndpoint } }
  const { promise, resolve } = Promise.withResolvers<TokenAnswer>()
  const keeper = new TokenKeeper({
    ...shared.time,
    endpoint: shared.endpoint,
    random: () => 0,
    learned() {},
    ask: () => promise,
  })
  const code = codeOf(keeper.obtain('docs'))
  keeper[Symbol.dispose]()
  resolve(down)

  expect(await code).toBe('stopping')
  const other = keeperWith([granted('a', 60_000)], shared)
  expect(valueOf(await other.keeper.obtain('notes'))).toBe('Bearer a')
})
