import { afterAll, beforeAll, expect } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import type { FakeScript } from './fixtures/fake-program.ts'
import { getJson, openInside } from './inside-bed.ts'
import type { InsideBed } from './inside-bed.ts'

const answer = (text: string, session: string): FakeScript => ({
  stdout: [
    { type: 'start', id: session },
    { type: 'end', text },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join(''),
})

const asksSession = {
  command: ['{resume_args}'],
  resumeArgs: ['--session', '{session}'],
  events: {
    jsonl: [
      { when: { type: 'start' }, session: 'id' },
      { when: { type: 'end' }, final: 'text' },
    ],
  },
}

let bed: InsideBed
let alice = ''
let bob = ''
let operator = ''
let auditor = ''

beforeAll(async () => {
  bed = await openInside({
    fakes: {
      talks: { scripts: [answer('of alice', 'session-1')], entry: asksSession },
      hangs: { scripts: [{ hangs: true }] },
    },
    access: {
      keys: 'required',
      rules: [
        { effect: 'deny', principals: ['carol'], servers: ['llm'], tools: ['*llm*', 'cancel'] },
        { effect: 'deny', principals: ['dave'], servers: ['llm'], tools: ['resume_llm', 'cancel'] },
      ],
    },
  })
  alice = await bed.keyFor('alice', ['read', 'call'])
  bob = await bed.keyFor('bob', ['read', 'call'])
  operator = await bed.keyFor('operator', ['read', 'call', 'config'])
  auditor = await bed.keyFor('auditor', ['read', 'call', 'audit'])
})
afterAll(() => bed[Symbol.asyncDispose]())

const cancel = (key: string, args: object) => bed.call(key, 'cancel', { args })

const runsOf = async (key: string) => {
  const { body } = await getJson(bed.gateway, key, { path: '/api/llm/runs?limit=1000' })
  return JSON.stringify(body)
}

verifies(
  'llm:inside:owners',
  'a run and its session are there for whoever asked for it and for operators, and for nobody else',
  async () => {
    const said = await bed.call(alice, 'execute_llm', { args: { model: 'talks', prompt: 'x' } })
    const run = String(said.value['run_id'])
    const path = `/api/llm/runs/${run}`
    const resume = (key: string, args: object = {}) =>
      bed.call(key, 'resume_llm', { args: { session_id: 'session-1', prompt: 'y', ...args } })

    for (const key of [alice, operator, auditor]) {
      expect(await runsOf(key)).toContain(run)
      const { body } = await getJson(bed.gateway, key, { path })
      expect(body).toMatchObject({ principal: 'alice', result: { output: 'of alice' } })
    }
    expect(await runsOf(bob)).not.toContain(run)
    const hidden = await getJson(bed.gateway, bob, { path })
    const absent = await getJson(bed.gateway, bob, { path: path.replace(run, 'no-such-run') })
    expect({ ...hidden.body, detail: '' }).toEqual({ ...absent.body, detail: '' })
    expect(hidden.status).toBe(404)
    const log = await bed.call(bob, 'get_llm_run', { args: { run_id: run, log: true } })
    expect(log).toMatchObject({ isError: true })
    expect(log.text).not.toContain('of alice')

    for (const args of [{}, { model: 'talks' }]) {
      expect(await resume(bob, args)).toMatchObject({ isError: true })
      expect(await resume(auditor, args)).toMatchObject({ isError: true })
    }
    expect(bed.records('talks')).toHaveLength(1)
    expect(await resume(alice)).toMatchObject({ isError: false })
    expect(await resume(operator)).toMatchObject({ isError: false })
    expect(bed.records('talks').at(-1)?.argv).toEqual(['--session', 'session-1'])
  },
)

verifies('llm:inside:owners', 'nobody but the owner and operators ends a run', async () => {
  const start = async () => {
    const args = { model: 'hangs', prompt: 'x', detach: true }
    const { value } = await bed.call(alice, 'execute_llm', { args })
    return { run_id: String(value['run_id']) }
  }
  const [first, second] = [await start(), await start()]

  for (const key of [bob, auditor])
    expect((await cancel(key, first)).value).toEqual({ cancelled: false })
  expect((await cancel(alice, first)).value).toEqual({ cancelled: true })
  expect((await cancel(operator, second)).value).toEqual({ cancelled: true })
  await expect.poll(() => bed.running('hangs')).toEqual([])
})

verifies(
  'llm:inside:rules',
  'who may not call the tools runs nothing and reads nothing, over REST either',
  async () => {
    const carol = await bed.keyFor('carol', ['read', 'call'])
    const dave = await bed.keyFor('dave', ['read', 'call'])
    const before = bed.records('talks').length

    const refused = await bed.call(carol, 'execute_llm', { args: { model: 'talks', prompt: 'x' } })
    const status = await getJson(bed.gateway, carol, { path: '/api/llm/status' })
    const listed = await getJson(bed.gateway, dave, { path: '/api/llm/runs' })
    const ended = await getJson(bed.gateway, dave, { path: '/api/llm/runs/x', method: 'DELETE' })

    expect(refused.status).toBe(404)
    expect(status).toMatchObject({ status: 404, body: { code: 'llm_unavailable' } })
    expect(listed.status).toBe(200)
    expect(ended.status).toBe(404)
    expect(bed.records('talks')).toHaveLength(before)
  },
)
