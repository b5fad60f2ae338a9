import { execFileSync } from 'node:child_process'
import { expect } from 'vitest'
import { ask, askMcp } from '../access/people.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import type { ScriptedGateway } from '../fixtures/scripted/gateway.ts'
import type { Script } from '../fixtures/scripted/script.ts'
import { textResult, tool } from '../fixtures/scripted/script.ts'
import { parseMetrics, valueOf } from '../observe/prometheus.ts'
import { verifies } from '../requirements/verifies.ts'
import { auditOf, callsOf, checked, linesOf } from './book.ts'

const docs: Script = {
  era: 'modern',
  tools: [tool('search')],
  on: { 'tools/call': ({ answer }) => answer(textResult('found')) },
}

type Bed = ScriptedGateway<'docs'>

const open = (audit: unknown) => startScripted('http', { docs }, { config: { audit } })

/** From now on no file of the gateway may grow: each write fails as on a disk that is full. */
function fill({ gateway }: Bed): void {
  execFileSync('/usr/bin/prlimit', ['--pid', String(gateway.pid), '--fsize=1:unlimited'])
}

function empty({ gateway }: Bed): void {
  execFileSync('/usr/bin/prlimit', ['--pid', String(gateway.pid), '--fsize=unlimited:unlimited'])
}

async function call({ gateway }: Bed, text: string): Promise<unknown> {
  const params = { name: 'search', arguments: { text } }
  const { text: body } = await askMcp(gateway, undefined, 'tools/call', { params })
  const { result, error } = JSON.parse(body)
  return result === undefined ? error.data : 'done'
}

const heard = ({ servers }: Bed) =>
  servers.docs.heard.filter(({ method }) => method === 'tools/call').length

const readiness = async ({ gateway }: Bed) => {
  const { status, text } = await ask(gateway, undefined, '/readyz')
  return [status, JSON.parse(text)]
}

async function metric({ gateway }: Bed, name: string): Promise<number | undefined> {
  return valueOf(parseMetrics((await ask(gateway, undefined, '/metrics')).text), name)
}

verifies(
  'audit:required:F52',
  'F52: with a full disk no call is made and none is answered as if it were, and with room again calls go on',
  async () => {
    await using bed = await open('required')
    expect(await call(bed, 'one')).toBe('done')

    fill(bed)
    const first = await call(bed, 'two')
    const second = await call(bed, 'three')
    const told = await readiness(bed)
    const made = heard(bed)
    empty(bed)
    await expect.poll(() => call(bed, 'four'), { timeout: 20_000 }).toBe('done')
    const after = await callsOf(bed.gateway, '&outcome=result')
    const lines = await linesOf(auditOf(bed.gateway))

    const refusal = { code: 'audit_unavailable', outcome: 'not_executed', retryable: true }
    expect([first, second]).toMatchObject([refusal, refusal])
    expect(made).toBe(1)
    expect(told).toMatchObject([
      503,
      { status: 'refusing', reason: expect.stringMatching(/^calls cannot be written down: /) },
    ])
    expect(await readiness(bed)).toMatchObject([200, { status: 'ready' }])
    expect(after).toHaveLength(2)
    expect(lines.find(({ type }) => type === 'gap')).toMatchObject({ lost: 0 })
    expect(lines.filter(({ type }) => type === 'begun')).toHaveLength(2)
    expect(await metric(bed, 'gantry_audit_refused_total')).toBeGreaterThanOrEqual(2)
    expect(bed.gateway.stderr()).toContain('"audit_unwritable"')
    expect(bed.gateway.stderr()).toContain('"audit_writable"')
    expect(await checked(auditOf(bed.gateway))).toMatchObject({ breaks: [], tornBytes: 0 })
  },
  60_000,
)

verifies(
  'audit:on:F52',
  'F52: with a full disk calls go on, it is said that they cannot be written down, and they are when there is room',
  async () => {
    await using bed = await open({ mode: 'on' })
    await call(bed, 'one')
    await callsOf(bed.gateway)

    fill(bed)
    const during = [await call(bed, 'two'), await call(bed, 'three')]
    await expect.poll(() => metric(bed, 'gantry_audit_writable'), { timeout: 15_000 }).toBe(0)
    const waiting = await metric(bed, 'gantry_audit_lag')
    const told = await readiness(bed)
    empty(bed)
    await expect.poll(() => metric(bed, 'gantry_audit_writable'), { timeout: 15_000 }).toBe(1)
    const lines = await linesOf(auditOf(bed.gateway))

    expect(during).toEqual(['done', 'done'])
    expect(waiting).toBe(2)
    expect(told).toMatchObject([200, { status: 'ready' }])
    expect(lines.map(({ type }) => type)).toEqual(['opened', 'call', 'gap', 'call', 'call'])
    expect(await checked(auditOf(bed.gateway))).toMatchObject({ breaks: [] })
  },
  60_000,
)
