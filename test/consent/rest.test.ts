import { afterAll, beforeAll, expect } from 'vitest'
import { CallPage } from '../../src/contract/calls.ts'
import { ApprovalList, CallOutcome, GrantList } from '../../src/contract/rest/approvals.ts'
import type { PendingCall } from '../../src/contract/rest/approvals.ts'
import { Problem } from '../../src/contract/rest/problem.ts'
import { Why } from '../../src/contract/why.ts'
import { ask, newKey, readAs, untilStatus } from '../access/people.ts'
import { look } from '../door/look.ts'
import { verifies } from '../requirements/verifies.ts'
import type { Bed } from './bed.ts'
import { callsAt, choosing, connect, rules, startBed } from './bed.ts'

let bed: Bed
const keys: Record<string, string> = {}

beforeAll(async () => {
  const looking = { effect: 'deny', tools: ['write_new'], arguments: { path: '/etc/*' } }
  const access = { keys: 'required', rules: [looking, ...rules] }
  bed = await startBed({ access, audit: 'on' })
  const scopes = {
    caller: ['read', 'call'],
    other: ['read', 'call'],
    ops: ['config', 'audit'],
    narrow: ['config:old', 'read'],
    both: ['read', 'call', 'config'],
  }
  for (const [name, held] of Object.entries(scopes))
    keys[name] = (await newKey(bed.gateway, { name, scopes: held })).key
  await untilStatus(bed.gateway, keys['both'] ?? '', 200)
})
afterAll(() => bed[Symbol.asyncDispose]())

const json = { 'content-type': 'application/json' }
const send = (who: string, path: string, body: object) =>
  ask(bed.gateway, keys[who], path, { method: 'POST', headers: json, body: JSON.stringify(body) })
const call = (who: string, args: object) =>
  send(who, '/api/tools/call', { tool_name: 'write_new', arguments: args })
const decide = (who: string, id: string, body: object) => send(who, `/api/approvals/${id}`, body)
const codeOf = (told: { readonly text: string }) => readAs(Problem, told).code

async function pendingFor(who: string): Promise<readonly PendingCall[]> {
  const { approvals } = readAs(ApprovalList, await ask(bed.gateway, keys[who], '/api/approvals'))
  return approvals.filter((one) => one.kind === 'call')
}

async function parked(args: object, who = 'caller'): Promise<string> {
  const problem = readAs(Problem, await call(who, args))
  expect(problem).toMatchObject({ code: 'needs_approval', status: 403, outcome: 'not_executed' })
  expect(Date.parse(problem.expires_at ?? '')).toBeGreaterThan(Date.now())
  return problem.approval_id ?? ''
}

verifies(
  'consent:rest',
  'a call waits, is seen with all its arguments, let through and made',
  async () => {
    const id = await parked({ path: '/x', n: 1 })

    expect(await pendingFor('ops')).toMatchObject([
      {
        id,
        principal: 'caller',
        server: 'new',
        tool: 'write_new',
        arguments: { path: '/x', n: 1 },
        scopes: ['once', 'always'],
        waits: false,
      },
    ])
    const outcome = readAs(CallOutcome, await decide('ops', id, { decision: 'allow' }))
    expect(outcome).toMatchObject({ id, decision: 'allow', scope: 'once', by: 'ops' })

    expect((await call('caller', { n: 1.0, path: '/x' })).status).toBe(200)
    expect((await call('caller', { path: '/x', n: 1 })).status).toBe(403)
    expect(callsAt(bed, 'new')).toHaveLength(1)
    await decide('ops', (await pendingFor('ops'))[0]?.id ?? '', { decision: 'deny' })
  },
)

verifies(
  'consent:binding:V38',
  'an approval of somebody else is like one that is not there',
  async () => {
    const id = await parked({ mine: true })
    const before = callsAt(bed, 'new').length
    await decide('ops', id, { decision: 'allow' })

    expect(codeOf(await call('other', { mine: true }))).toBe('needs_approval')
    expect(callsAt(bed, 'new')).toHaveLength(before)
    expect((await call('caller', { mine: true })).status).toBe(200)
    for (const { id: left } of await pendingFor('ops'))
      await decide('ops', left, { decision: 'deny' })
  },
)

verifies(
  'consent:rest',
  'who decides holds "config" for the server, and nobody decides about their own call',
  async () => {
    const id = await parked({ who: 1 })
    const missing = await decide('ops', 'nothing', { decision: 'allow' })

    expect((await decide('caller', id, { decision: 'allow' })).status).toBe(403)
    expect((await decide('other', id, { decision: 'allow' })).status).toBe(403)
    const narrow = await decide('narrow', id, { decision: 'allow' })
    expect(narrow.text.replace(id, 'nothing')).toBe(missing.text)
    expect(await pendingFor('narrow')).toEqual([])
    const own = await parked({ who: 2 }, 'both')
    expect(codeOf(await decide('both', own, { decision: 'allow' }))).toBe('approval_own')
    expect(codeOf(await decide('ops', id, { decision: 'allow', scope: 'conversation' }))).toBe(
      'approval_scope_invalid',
    )

    for (const one of [id, own])
      expect((await decide('ops', one, { decision: 'deny' })).status).toBe(200)
    expect(codeOf(await decide('ops', id, { decision: 'allow' }))).toBe('approval_gone')
    expect(codeOf(await call('caller', { who: 1 }))).toBe('approval_denied')
  },
)

verifies('consent:rest', 'whoever watches hears of a call when it begins to wait', async () => {
  const told = readAs(ApprovalList, await ask(bed.gateway, keys['ops'], '/api/approvals'))
  const watching = ask(
    bed.gateway,
    keys['ops'],
    `/api/approvals?after=${told.version}&wait_ms=20000`,
  )
  const id = await parked({ watched: true })

  const { approvals, version } = readAs(ApprovalList, await watching)
  expect(approvals).toMatchObject([{ kind: 'call', id }])
  expect(version).not.toBe(told.version)
  await decide('ops', id, { decision: 'deny' })
})

verifies('consent:rest', 'a client that is asked goes on when somebody else decides', async () => {
  const asked = Promise.withResolvers<void>()
  const never = Promise.withResolvers<object>()
  await using client = await connect({
    url: bed.gateway.url,
    era: 'legacy',
    headers: { authorization: `Bearer ${keys['caller']}` },
    person: () => {
      asked.resolve()
      return never.promise
    },
  })
  const answer = client.callTool({ name: 'write_old', arguments: { a: 1 } })
  await asked.promise
  const [pending] = await pendingFor('narrow')

  await decide('narrow', pending?.id ?? '', { decision: 'allow' })
  expect(await answer).toMatchObject({ content: [{ text: 'wrote {"a":1}' }] })
  never.resolve(choosing('deny'))
})

verifies(
  'consent:always',
  'what is allowed for always is listed, and asked about again when it is ended',
  async () => {
    const id = await parked({ first: true })
    const { grant = '' } = readAs(
      CallOutcome,
      await decide('ops', id, { decision: 'allow', scope: 'always' }),
    )
    expect((await call('caller', { second: true })).status).toBe(200)
    const list = async (who: string) =>
      readAs(GrantList, await ask(bed.gateway, keys[who], '/api/approvals/grants')).grants

    expect(await list('ops')).toMatchObject([
      { id: grant, scope: 'always', principal: 'caller', tool: 'write_new', by: 'ops' },
    ])
    expect(await list('narrow')).toEqual([])
    const path = `/api/approvals/grants/${grant}`
    expect((await ask(bed.gateway, keys['narrow'], path, { method: 'DELETE' })).status).toBe(404)
    expect((await ask(bed.gateway, keys['ops'], path, { method: 'DELETE' })).status).toBe(200)
    await parked({ third: true })
  },
)

verifies(
  'consent:rules:arguments',
  'a call is refused for its arguments, and what decides is told',
  async () => {
    const refused = readAs(Problem, await call('caller', { path: ['/tmp/a', '/etc/passwd'] }))
    expect(refused).toMatchObject({ code: 'call_refused', outcome: 'not_executed' })
    expect(refused.detail).toContain('access.rules[0]')

    const why = readAs(
      Why,
      await ask(bed.gateway, keys['ops'], '/api/why?principal=caller&tool=new/write_new'),
    )
    expect(why).toMatchObject({ visible: true, decision: 'ask' })
    expect(why.reasons.map(({ detail }) => detail)).toContainEqual(
      expect.stringMatching(
        /^access\.rules\[0\] decides before that where the arguments fit: deny/,
      ),
    )
  },
)

verifies(
  'consent:audit',
  'the record of each call says who let it through, or did not',
  async () => {
    const told = await ask(bed.gateway, keys['ops'], '/api/calls?tool=write_new')
    const calls = readAs(CallPage, told).calls.filter(({ code }) => code !== 'call_refused')
    const facts = calls.map(({ outcome, code, decision, approval }) => [
      decision,
      code ?? outcome,
      approval?.how,
      approval?.scope,
      approval?.by,
    ])

    expect(facts).toContainEqual(['ask', 'result', 'asked', 'once', 'ops'])
    expect(facts).toContainEqual(['ask', 'result', 'granted', 'always', 'ops'])
    expect(facts).toContainEqual(['ask', 'needs_approval', undefined, undefined, undefined])
    expect(facts).toContainEqual(['ask', 'approval_denied', undefined, undefined, undefined])
    expect(new Set(calls.map(({ rule }) => rule))).toEqual(new Set(['access.rules[1]']))
    expect(
      calls.every(({ executed, outcome }) => (executed === 'executed') === (outcome === 'result')),
    ).toBe(true)
  },
)

verifies(
  'consent:ends',
  'whoever watches or waits does not keep a gateway from ending',
  async () => {
    await using other = await startBed({ access: { rules } })
    const base = `http://127.0.0.1:${other.gateway.port}`
    const { version } = ApprovalList.parse(await (await fetch(`${base}/api/approvals`)).json())
    const asked = Promise.withResolvers<void>()
    const never = Promise.withResolvers<object>()
    await using client = await connect({
      url: other.gateway.url,
      era: 'legacy',
      person: () => {
        asked.resolve()
        return never.promise
      },
    })
    const refused = client
      .callTool({ name: 'write_old', arguments: {} })
      .catch((error: unknown) => error)
    await asked.promise
    const current = ApprovalList.parse(await (await fetch(`${base}/api/approvals`)).json())
    expect(current.version).not.toBe(version)
    const watching = fetch(`${base}/api/approvals?after=${current.version}&wait_ms=30000`)

    const counts = async () => (await look(other.gateway.folder)).counts
    await expect.poll(counts).toMatchObject({ approval_watchers: 1, held_approvals: 1 })
    process.kill(other.gateway.pid, 'SIGTERM')
    expect(await refused).toBeInstanceOf(Error)
    expect((await watching).status).toBe(200)
    expect(await other.gateway.exit).toMatchObject({ code: 0 })
    never.resolve({})
    expect(callsAt(other, 'old')).toEqual([])
  },
)
