import { expect, test } from 'vitest'
import { callerOf, everything, messageOf, silentSink } from '../../../test/kit/calls.ts'
import type { MemoryServer } from '../../../test/kit/memory-gateway.ts'
import { openMemoryGateway } from '../../../test/kit/memory-gateway.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Call, Outcome, Phase } from '../call/call.ts'
import { callFaultJson } from '../eras/fault.ts'

const offer = {
  tools: [
    { name: 'plain' },
    { name: 'reads', annotations: { readOnlyHint: true } },
    { name: 'repeats', annotations: { idempotentHint: true } },
    { name: 'denies', annotations: { readOnlyHint: false, idempotentHint: false } },
    { name: 'lies', annotations: { readOnlyHint: 'true', destructiveHint: false } },
  ],
  prompts: [{ name: 'ask' }],
  resources: [{ uri: 'a:1' }],
}

/** A request of each class, and whether it may be repeated when hints are trusted or not. */
const classes: readonly (readonly [string, object, { trusted: boolean; untrusted: boolean }])[] = [
  ['tools/call', { name: 'plain' }, { trusted: false, untrusted: false }],
  ['tools/call', { name: 'reads' }, { trusted: true, untrusted: false }],
  ['tools/call', { name: 'repeats' }, { trusted: true, untrusted: false }],
  ['tools/call', { name: 'denies' }, { trusted: false, untrusted: false }],
  ['tools/call', { name: 'lies' }, { trusted: false, untrusted: false }],
  ['prompts/get', { name: 'ask' }, { trusted: true, untrusted: true }],
  ['resources/read', { uri: 'a:1' }, { trusted: true, untrusted: true }],
  [
    'completion/complete',
    { ref: { type: 'ref/prompt', name: 'ask' }, argument: {} },
    { trusted: true, untrusted: true },
  ],
]

const codes = {
  not_sent: 'server_unreachable',
  maybe_sent: 'server_lost',
  answered: 'server_lost',
} as const

/** Sends one request to a server that fails it in one phase; says how often it came and what was told. */
async function attempt(method: string, params: object, phase: Phase, trustAnnotations: boolean) {
  let executions = 0
  const error = new GatewayError(codes[phase], { server: 'one', reason: 'broken' })
  const server: MemoryServer = {
    offer,
    config: { trustAnnotations },
    send(_call, done) {
      executions++
      done({ kind: 'failure', error, phase })
    },
  }
  await using running = await openMemoryGateway({ one: server })
  const { gateway, clock } = running
  const told: [Outcome, Call][] = []
  gateway.router.route(
    {
      message: messageOf({ jsonrpc: '2.0', id: 1, method, params }),
      caller: callerOf('modern'),
      view: gateway.view(everything),
      sink: silentSink,
      logLevel: undefined,
    },
    (outcome, _edits, call) => told.push([outcome, call]),
  )
  for (let turn = 0; turn < 10; turn++) clock.advance(50)
  const [[outcome, call] = []] = told
  const fault =
    outcome?.kind === 'failure' && call ? callFaultJson(outcome.error, call, outcome.phase) : '{}'
  const { data }: { data: Record<string, unknown> } = JSON.parse(fault)
  return { executions, told: told.length, data }
}

const trusts = [
  ['trusted', true],
  ['untrusted', false],
] as const

for (const [method, params, may] of classes) {
  for (const [word, isTrusted] of trusts) {
    const what = `${method} ${JSON.stringify(params)} with ${word} annotations`

    verifies('call:retry:not-sent', `${what} is tried again when it was not sent`, async () => {
      const { executions, told, data } = await attempt(method, params, 'not_sent', isTrusted)

      expect({ executions, told }).toEqual({ executions: 3, told: 1 })
      expect(data).toMatchObject({
        outcome: 'not_executed',
        phase: 'not_sent',
        retryable: true,
        attempts: 3,
        server: 'one',
      })
    })

    verifies(
      'call:retry:read-only',
      `${what} is ${may[word] ? '' : 'not '}tried again when it may have been sent`,
      async () => {
        const { executions, told, data } = await attempt(method, params, 'maybe_sent', isTrusted)
        const expected = may[word] ? 3 : 1

        expect({ executions, told }).toEqual({ executions: expected, told: 1 })
        expect(data).toMatchObject({
          outcome: 'unknown',
          phase: 'maybe_sent',
          retryable: false,
          attempts: expected,
        })
      },
    )

    test(`${what} is not tried again when it was answered`, async () => {
      const { executions, told } = await attempt(method, params, 'answered', isTrusted)

      expect({ executions, told }).toEqual({ executions: 1, told: 1 })
    })
  }
}

test('a server that cannot be opened was sent nothing, and is tried again', async () => {
  let openings = 0
  const opening = () => {
    openings++
    throw new Error('no such program')
  }
  await using running = await openMemoryGateway({ one: { opening }, two: { offer } })
  const { gateway, clock } = running
  const told: Outcome[] = []
  const before = openings
  gateway.router.route(
    {
      message: messageOf({
        jsonrpc: '2.0',
        id: 1,
        method: 'resources/read',
        params: { uri: 'x://gantry~one/1' },
      }),
      caller: callerOf('modern'),
      view: gateway.view(everything),
      sink: silentSink,
      logLevel: undefined,
    },
    (outcome) => told.push(outcome),
  )
  for (let turn = 0; turn < 200; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(50)
  }

  expect(told).toEqual([
    {
      kind: 'failure',
      phase: 'not_sent',
      error: expect.objectContaining({ code: 'server_unreachable' }),
    },
  ])
  expect(openings - before).toBeGreaterThanOrEqual(3)
})
