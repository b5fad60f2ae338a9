import { afterAll, beforeAll, expect } from 'vitest'
import { ask, askLegacy, askMcp, newKey, openSession, untilStatus } from '../access/people.ts'
import { runGantry } from '../cli/run-gantry.ts'
import { verifies } from '../requirements/verifies.ts'
import type { Bed } from './bed.ts'
import { startBed } from './bed.ts'
import { callsOf } from './book.ts'

let bed: Bed

beforeAll(async () => {
  bed = await startBed()
})
afterAll(() => bed[Symbol.asyncDispose]())

verifies(
  'audit:every-call:I9',
  'calls of both eras, over REST, tool by tool, and from the command line are written down alike',
  async () => {
    const { gateway } = bed
    const args = { query: 'x' }
    await askMcp(gateway, undefined, 'tools/call', { params: { name: 'search', arguments: args } })
    const session = await openSession(gateway, undefined)
    await askLegacy(gateway, undefined, {
      session,
      id: 7,
      method: 'tools/call',
      params: { name: 'search', arguments: args },
    })
    const json = { 'content-type': 'application/json' }
    const post = (path: string, body: unknown) =>
      ask(gateway, undefined, path, { method: 'POST', headers: json, body: JSON.stringify(body) })
    await post('/api/tools/call', { tool_name: 'search', arguments: args })
    await post('/mcp/tools/call', { server_name: 'docs', tool_name: 'search', arguments: args })
    const own = await post('/tools/search', args)
    await runGantry(['call', 'search', 'query=x', '--url', gateway.url], { cwd: gateway.folder })
    const calls = await callsOf(gateway, '&tool=search')

    expect(own.status).toBe(200)
    expect(calls).toHaveLength(6)
    for (const call of calls) {
      expect(call).toMatchObject({
        principal: 'local',
        method: 'tools/call',
        server: 'docs',
        tool: 'search',
        decision: 'allow',
        outcome: 'result',
        executed: 'executed',
        attempts: 1,
      })
      expect(call.duration_ms).toBeGreaterThan(0)
      expect(Math.min(call.request_bytes, call.reply_bytes)).toBeGreaterThan(20)
      expect(call).not.toHaveProperty('arguments')
    }
    // The same bytes have the same digest, whoever sent them.
    expect(new Set(calls.map(({ arguments_digest: digest }) => digest)).size).toBe(1)
    expect(calls.filter((call) => call.session !== undefined)).toMatchObject([{ request: '7' }])
    expect(calls.map((call) => call.session)).not.toContain(session)
  },
)

verifies(
  'audit:every-call:I9',
  'prompts that are got and resources that are read are written down, a URI without its secrets',
  async () => {
    const { gateway } = bed
    await askMcp(gateway, undefined, 'prompts/get', { params: { name: 'greet' } })
    await askMcp(gateway, undefined, 'resources/read', {
      params: { uri: 'note://me:pass@today?token=abc' },
    })
    const [prompt, read] = (await callsOf(gateway)).slice(-2)

    expect(prompt).toMatchObject({
      method: 'prompts/get',
      server: 'docs',
      prompt: 'greet',
      outcome: 'result',
    })
    expect(read).toMatchObject({
      method: 'resources/read',
      server: 'docs',
      uri: 'note://today?…',
      outcome: 'result',
    })
  },
)

verifies(
  'audit:every-call:I9',
  'what a call came to is told apart: failed, refused by its server, asked back, given up',
  async () => {
    const { gateway } = bed
    const call = (name: string) => askMcp(gateway, undefined, 'tools/call', { params: { name } })
    await call('fails')
    await call('refuses')
    await call('asks')
    const session = await openSession(gateway, undefined)
    const hanging = askLegacy(gateway, undefined, {
      session,
      id: 'h',
      method: 'tools/call',
      params: { name: 'hangs' },
    })
    await expect
      .poll(() => bed.servers.docs.heard.some(({ params }) => params['name'] === 'hangs'), {
        timeout: 15_000,
      })
      .toBe(true)
    const cancelled = { method: 'notifications/cancelled', params: { requestId: 'h' } }
    await ask(gateway, undefined, '/mcp', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-session-id': session,
      },
      body: JSON.stringify({ jsonrpc: '2.0', ...cancelled }),
    })
    await hanging.catch(() => undefined)
    const told = (await callsOf(gateway)).slice(-4)

    expect(
      told.map(({ tool: name, outcome, executed, code }) => [name, outcome, executed, code]),
    ).toEqual([
      ['fails', 'tool_error', 'executed', undefined],
      ['refuses', 'error', 'unknown', '-32001'],
      ['asks', 'input_required', 'executed', undefined],
      ['hangs', 'cancelled', 'unknown', 'call_cancelled'],
    ])
  },
)

verifies(
  'audit:every-call:I9',
  'refused calls are written down with what refused them, also calls of what is hidden or not there',
  async () => {
    const { gateway } = bed
    const { key } = await newKey(gateway, { name: 'ci', scopes: ['call'] })
    await untilStatus(gateway, key, 200)
    const call = (name: string) => askMcp(gateway, key, 'tools/call', { params: { name } })
    await call('asks')
    await call('covert')
    await call('nowhere')
    await ask(gateway, key, '/api/tools/call', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"tool_name":"nowhere"}',
    })
    await askMcp(gateway, key, 'prompts/get', { params: { name: 'nowhere' } })
    const told = await callsOf(gateway, '&principal=ci')

    expect(
      told.map(({ tool: name, prompt, outcome, executed, code, decision, server }) => [
        name ?? prompt,
        outcome,
        executed,
        code,
        decision,
        server,
      ]),
    ).toEqual([
      ['asks', 'error', 'not_executed', 'needs_approval', 'ask', 'docs'],
      ['covert', 'error', 'not_executed', 'tool_unknown', undefined, undefined],
      ['nowhere', 'error', 'not_executed', 'tool_unknown', undefined, undefined],
      ['nowhere', 'error', 'not_executed', 'tool_unknown', undefined, undefined],
      ['nowhere', 'error', 'not_executed', 'prompt_unknown', undefined, undefined],
    ])
  },
)
