import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, expect } from 'vitest'
import { filesIn, logsIn } from '../../src/audit/files.ts'
import { ask, askMcp, newKey, openSession, untilStatus } from '../access/people.ts'
import { runGantry } from '../cli/run-gantry.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import type { Bed } from './bed.ts'
import { startBed } from './bed.ts'
import { auditOf, callsOf, checked, linesOf } from './book.ts'

let bed: Bed

beforeAll(async () => {
  bed = await startBed()
})
afterAll(() => bed[Symbol.asyncDispose]())

verifies(
  'audit:rest:calls',
  'calls are found by who, what and when, page by page, and each is told by its id',
  async () => {
    const { gateway } = bed
    for (const name of ['search', 'fails', 'search', 'refuses', 'search', 'look'])
      await askMcp(gateway, undefined, 'tools/call', { params: { name } })
    const all = await callsOf(gateway)
    const paged: unknown[] = []
    let cursor: string | undefined
    do {
      const path = `/api/calls?limit=3${cursor === undefined ? '' : `&cursor=${cursor}`}`
      const page = JSON.parse((await ask(gateway, undefined, path)).text)
      expect(page.calls.length).toBeLessThanOrEqual(3)
      paged.push(...page.calls)
      cursor = page.next_cursor
    } while (cursor !== undefined)
    const last = all.at(-1)
    const middle = all[Math.floor(all.length / 2)]
    const since = await callsOf(gateway, `&since=${middle?.time}`)
    const until = await callsOf(gateway, `&until=${middle?.time}`)
    const one = await ask(gateway, undefined, `/api/calls/${last?.id}`)
    const missing = await ask(gateway, undefined, '/api/calls/00000000-1')
    const foreign = await ask(gateway, undefined, '/api/calls?cursor=bm9uc2Vuc2U')

    expect(all.length).toBeGreaterThan(3)
    expect(paged.toReversed()).toEqual(all)
    expect(since.length + until.length).toBe(all.length)
    expect(since[0]?.time).toBe(middle?.time)
    expect(await callsOf(gateway, '&server=other')).toMatchObject([{ tool: 'look' }])
    expect(await callsOf(gateway, '&outcome=cancelled&tool=search')).toEqual([])
    expect(JSON.parse(one.text)).toEqual(last)
    expect([missing.status, JSON.parse(missing.text).code]).toEqual([404, 'call_unknown'])
    expect([foreign.status, JSON.parse(foreign.text).code]).toEqual([400, 'cursor_invalid'])
  },
)

verifies(
  'audit:rest:calls',
  'who may audit one server is told of its calls only, and who may not is told nothing',
  async () => {
    const { gateway } = bed
    await askMcp(gateway, undefined, 'tools/call', { params: { name: 'look' } })
    const { key: some } = await newKey(gateway, { name: 'some', scopes: ['audit:other'] })
    const { key: none } = await newKey(gateway, { name: 'none', scopes: ['read', 'call'] })
    await untilStatus(gateway, none, 200)
    await untilStatus(gateway, some, 200)
    const all = await callsOf(gateway)
    const told = await callsOf(gateway, '', some)
    const hidden = all.find(({ server }) => server === 'docs')

    expect(told.length).toBeGreaterThan(0)
    expect(told).toEqual(all.filter(({ server }) => server === 'other'))
    expect(await callsOf(gateway, '&server=docs', some)).toEqual([])
    expect((await ask(gateway, some, `/api/calls/${hidden?.id}`)).status).toBe(404)
    expect((await ask(gateway, none, '/api/calls')).status).toBe(403)
  },
)

verifies(
  'audit:content:V42',
  'V42: no name, id or argument forges a line or a member of one, and no argument is in the files',
  async () => {
    const { gateway } = bed
    const names = [
      'x","outcome":"forged',
      '\n{"forged":1}',
      '\u2028\u0000\u001B[2J',
      'y'.repeat(5000),
    ]
    for (const name of names) {
      await ask(gateway, undefined, '/mcp', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2025-11-25',
          'mcp-session-id': await openSession(gateway, undefined),
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: `{"${name}`,
          method: 'tools/call',
          params: { name, arguments: { name: 'canary-4711' } },
        }),
      })
    }
    const told = (await callsOf(gateway)).slice(-names.length)
    const lines = await linesOf(auditOf(gateway))

    expect(told.map(({ tool: name }) => name)).toEqual([
      ...names.slice(0, 3),
      `${'y'.repeat(256)}…`,
    ])
    expect(told.every(({ outcome }) => outcome === 'error')).toBe(true)
    expect(lines.some((line) => 'forged' in line)).toBe(false)
    const text = JSON.stringify(lines)
    expect(text).not.toContain('canary-4711')
    expect(text).not.toContain('token=abc')
    expect(text).not.toContain('me:pass')
    expect(await checked(auditOf(gateway))).toMatchObject({ breaks: [] })
  },
)

verifies(
  'audit:cli:calls',
  'gantry logs --calls prints who called what, also without a gateway, and finds what was changed',
  async () => {
    const { gateway } = bed
    const cwd = gateway.folder
    const env = { XDG_STATE_HOME: join(cwd, 'state') }
    const url = ['--url', gateway.url]
    await askMcp(gateway, undefined, 'tools/call', { params: { name: 'fails' } })
    const told = await runGantry(['logs', '--calls', '--tool', 'fails', '--lines', '1', ...url], {
      cwd,
    })
    const json = await runGantry(['logs', '--calls', '--json', '--since', '1h', ...url], { cwd })
    const files = await runGantry(
      ['logs', '--calls', '--json', '--server', 'docs', '--config', 'none.json'],
      { cwd, env },
    ).catch(() => undefined)
    const local = await runGantry(['logs', '--calls', '--json', '--since', '1h'], {
      cwd: join(cwd, 'home'),
      env,
    })
    const verified = await runGantry(['logs', '--calls', '--verify'], { cwd, env })

    expect(files?.code).not.toBe(0)
    expect(told.stdout).toMatch(
      /^\d{4}-\d\d-\d\d [\d:.]+ {2}local {7}docs\/fails {2}tool error {2}[\d.]+ ms\n$/,
    )
    expect(
      json.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(await callsOf(gateway))
    expect(local.stdout).toBe(json.stdout)
    expect(verified).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^ok {2}[0-9a-f]{8} {2}\d+ lines in 1 file\n$/),
    })
  },
)

verifies(
  'audit:cli:calls',
  'gantry logs --calls --follow prints calls as they come, until it is interrupted',
  async () => {
    const { gateway } = bed
    const program = join(import.meta.dirname, '../../src/apps/cli/main.ts')
    const args = ['logs', '--calls', '--follow', '--json', '--lines', '1', '--url', gateway.url]
    const child = spawn(process.execPath, [program, ...args], { cwd: gateway.folder })
    const ended = once(child, 'exit')
    let printed = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
    const lines = () => printed.split('\n').slice(0, -1)
    await askMcp(gateway, undefined, 'tools/call', { params: { name: 'look' } })
    await expect.poll(() => lines().length, { timeout: 20_000 }).toBeGreaterThan(0)
    const before = lines().length
    for (const name of ['search', 'fails'])
      await askMcp(gateway, undefined, 'tools/call', { params: { name } })
    await expect.poll(() => lines().length, { timeout: 20_000 }).toBe(before + 2)
    child.kill('SIGINT')
    await ended

    const tools = lines().map((line) => JSON.parse(line).tool)
    expect(tools.slice(-3)).toEqual(['look', 'search', 'fails'])
    expect(new Set(lines()).size).toBe(lines().length)
  },
)

verifies(
  ['audit:cli:calls', 'audit:store:F53'],
  'what was changed is named by gantry logs --calls --verify, by gantry doctor, and by the next gateway',
  async () => {
    await using broken = await startBed()
    const { gateway } = broken
    await askMcp(gateway, undefined, 'tools/call', { params: { name: 'search' } })
    await callsOf(gateway)
    const base = auditOf(gateway)
    const [log = ''] = await logsIn(base)
    const [file] = await filesIn(join(base, log))
    const path = file?.path ?? ''
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('"principal":"local"', '"principal":"other"'))
    const env = { XDG_STATE_HOME: join(gateway.folder, 'state') }
    const cwd = gateway.folder
    const verified = await runGantry(['logs', '--calls', '--verify'], { cwd, env })
    const doctor = await runGantry(['doctor', '--json'], { cwd, env })
    // It goes on where the one before ended, and looks at what that wrote.
    process.kill(gateway.pid, 'SIGTERM')
    await gateway.exit
    await using next = await startGateway({ servers: {} }, { env })
    await expect.poll(() => next.stderr(), { timeout: 20_000 }).toContain('"audit_broken"')

    const place = `${log}/calls-000000000001.jsonl:2`
    expect(verified.code).toBe(1)
    expect(verified.stdout).toContain(`broken  ${log}`)
    expect(verified.stdout).toContain(`  ${place}: it was changed\n`)
    const findings: readonly { step: string }[] = JSON.parse(doctor.stdout).findings
    expect(findings.find(({ step }) => step === 'audit')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('line 2: it was changed'),
    })
  },
)
