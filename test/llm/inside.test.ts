import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, expect } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import { eras } from './client.ts'
import type { Era } from './client.ts'
import { getJson, openInside } from './inside-bed.ts'
import type { InsideBed } from './inside-bed.ts'

let bed: InsideBed

beforeAll(async () => {
  bed = await openInside({
    fakes: {
      says: { scripts: [{ stdout: 'one two', pieceBytes: 1 }] },
      hangs: { scripts: [{ hangs: true, ignoresTerm: true, grandchild: 'daemon' }] },
      waits: { scripts: [{ stdout: 'first ', waitsFor: 'go' }] },
      left: { scripts: [{ hangs: true, ignoresTerm: true }] },
      kept: { scripts: [{ waitsFor: 'go', stdout: 'in the end' }] },
    },
  })
})
afterAll(() => bed[Symbol.asyncDispose]())

async function connect(url: string, era: Era): Promise<Client> {
  const mode = era === 'legacy' ? ('legacy' as const) : { pin: '2026-07-28' }
  const client = new Client({ name: 'tests', version: '1.0.0' }, { versionNegotiation: { mode } })
  await client.connect(new StreamableHTTPClientTransport(new URL(url)))
  return client
}

verifies('llm:inside:server', 'the server llm is listed and called like any other', async () => {
  const { gateway, call } = bed
  const statuses = await getJson(gateway, undefined, { path: '/api/servers/llm' })
  const { body } = await getJson(gateway, undefined, { path: '/api/tools?server_name=llm' })

  const called = await call(undefined, 'execute_llm', { args: { model: 'says', prompt: 'x' } })

  expect(statuses.body).toMatchObject({ state: 'ready', transport: 'built-in', tools: 7 })
  expect(JSON.stringify(body)).toContain('execute_llm')
  expect(called.value).toMatchObject({ success: true, output: 'one two' })
  const calls = await getJson(gateway, undefined, { path: '/api/calls?server=llm' })
  expect(calls.body).toMatchObject({
    calls: [{ principal: 'local', tool: 'execute_llm', outcome: 'result' }],
  })
})

for (const era of eras) {
  verifies(
    ['llm:inside:server', 'llm:mcp:stream', 'llm:mcp:abandoned'],
    `a client of the ${era} era hears the answer piece by piece, and what it cancels is gone`,
    async () => {
      const client = await connect(bed.gateway.urlOf('llm'), era)
      const heard: string[] = []

      const answered = await client.callTool(
        { name: 'stream_llm', arguments: { model: 'says', prompt: 'x' } },
        { onprogress: ({ message = '' }) => void heard.push(message) },
      )
      const cancelling = new AbortController()
      const cancelled = client
        .callTool(
          { name: 'execute_llm', arguments: { model: 'hangs', prompt: 'x' } },
          { signal: cancelling.signal },
        )
        .catch((error: unknown) => error)
      await expect.poll(() => bed.running('hangs').length).toBeGreaterThan(0)
      cancelling.abort()

      expect(heard.join('')).toBe('one two')
      expect(answered.content).toMatchObject([{ type: 'text', text: 'one two' }])
      expect(await cancelled).toBeInstanceOf(Error)
      await expect.poll(() => bed.running('hangs')).toEqual([])
      await client.close()
    },
  )
}

verifies(
  ['llm:inside:rest', 'llm:inside:detached'],
  'a run that was detached goes on when its caller has gone, and is read and ended over REST',
  async () => {
    const { gateway, call } = bed
    const args = { model: 'kept', prompt: 'x', detach: true }
    const started = await call(undefined, 'execute_llm', { args })
    const path = `/api/llm/runs/${String(started.value['run_id'])}`
    await expect
      .poll(async () => (await getJson(gateway, undefined, { path })).body)
      .toMatchObject({ state: 'running' })
    await bed.let('kept', 'go')
    await expect
      .poll(async () => (await getJson(gateway, undefined, { path })).body)
      .toMatchObject({ state: 'done', result: { output: 'in the end' } })

    const second = await call(undefined, 'execute_llm', {
      args: { model: 'left', prompt: 'x', detach: true },
    })
    const left = `/api/llm/runs/${String(second.value['run_id'])}`
    await expect.poll(() => bed.running('left').length).toBeGreaterThan(0)
    const ended = await getJson(gateway, undefined, { path: left, method: 'DELETE' })

    expect(started.value).toMatchObject({ success: true, attempts: 0 })
    expect(ended.body).toEqual({ cancelled: true })
    await expect.poll(() => bed.running('left')).toEqual([])
    const list = await getJson(gateway, undefined, { path: '/api/llm/runs?limit=2' })
    expect(list.body).toMatchObject({ runs: [{ model: 'left' }, { model: 'kept' }] })
    const status = await getJson(gateway, undefined, { path: '/api/llm/status' })
    expect(status.body).toMatchObject({ models: { says: { available: true } } })
    const unknown = await getJson(gateway, undefined, { path: '/api/llm/runs/nothing-such' })
    expect(unknown).toMatchObject({ status: 404, body: { code: 'llm_run_unknown' } })
  },
)

verifies(
  ['llm:inside:detached', 'llm:mcp:abandoned'],
  'a run whose caller goes away without having said so is ended',
  async () => {
    const leaving = new AbortController()
    const called = bed
      .call(undefined, 'execute_llm', {
        args: { model: 'left', prompt: 'x' },
        signal: leaving.signal,
      })
      .catch((error: unknown) => error)
    await expect.poll(() => bed.running('left').length).toBeGreaterThan(0)
    leaving.abort()

    await called
    await expect.poll(() => bed.running('left')).toEqual([])
  },
)

verifies(
  'llm:inside:reload',
  'another configuration changes the programs while a run goes on; a server of the same name is first',
  async () => {
    const { gateway, call } = bed
    const file = join(gateway.folder, 'gantry.json')
    const described = async () => {
      const { body } = await getJson(gateway, undefined, { path: '/api/tools?server_name=llm' })
      return JSON.stringify(body)
    }
    const going = call(undefined, 'execute_llm', { args: { model: 'waits', prompt: 'x' } })
    await expect.poll(() => bed.running('waits').length).toBeGreaterThan(0)

    await writeFile(
      file,
      JSON.stringify(bed.configOf({ programs: { parrot: { command: ['cat'] } } })),
    )
    await getJson(gateway, undefined, { path: '/api/reload', method: 'POST' })
    await expect.poll(described).toContain('parrot')
    const other = await call(undefined, 'execute_llm', { args: { model: 'parrot', prompt: 'hi' } })
    const gone = await call(undefined, 'execute_llm', { args: { model: 'says', prompt: 'x' } })
    await bed.let('waits', 'go')

    expect(other.value).toMatchObject({ output: 'hi' })
    expect(gone.value).toMatchObject({ error_class: 'invalid' })
    expect((await going).value).toMatchObject({ success: true, output: 'first ' })
    const [example] = Object.values(Object(bed.configOf({}))['servers'])
    await writeFile(file, JSON.stringify(bed.configOf({}, { llm: example })))
    await getJson(gateway, undefined, { path: '/api/reload', method: 'POST' })
    await expect.poll(described).not.toContain('execute_llm')
    const own = await getJson(gateway, undefined, { path: '/api/servers/llm' })
    expect(own.body).toMatchObject({ transport: 'stdio', tools: 3 })

    await writeFile(file, JSON.stringify(bed.configOf({ enabled: false })))
    await getJson(gateway, undefined, { path: '/api/reload', method: 'POST' })
    const off = await getJson(gateway, undefined, { path: '/api/llm/runs' })
    expect(off).toMatchObject({ status: 404, body: { code: 'llm_unavailable' } })
  },
)
