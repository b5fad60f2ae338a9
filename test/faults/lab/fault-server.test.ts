import { expect, test } from 'vitest'

import { startGateway, type RunningGateway } from '../../kit/gateway.ts'
import { callModern } from '../../ends/clients.ts'
import { createStdioFault, startHttpFault } from './entry.ts'
import type { Manners } from './server/manners.ts'
import type { Step } from './steps/steps.ts'

const script = (...steps: readonly Step[]) => ({ script: steps })

test('each call carries its own fault, and a server of either transport does it', async () => {
  await using stdio = await createStdioFault({ name: 'a' })
  await using http = await startHttpFault({ name: 'b' })
  await using gateway = await startGateway({ servers: { a: stdio.entry, b: http.entry } })

  for (const server of ['a', 'b']) {
    const noisy = script({ do: 'delay', ms: 5 }, { do: 'progress' }, { do: 'slice', bytes: 1 })
    expect(await called(gateway, `${server}__echo`, { text: 'héllo' })).toBe('héllo')
    expect(await called(gateway, `${server}__echo`, { nonce: 'n', ...noisy })).toBe('n')
    expect(await called(gateway, `${server}__fault`, script({ do: 'reply', text: 'other' }))).toBe(
      'other',
    )
  }
})

test('an execution is counted once the tool ran, also when the process dies with it', async () => {
  await using stdio = await createStdioFault()
  await using gateway = await startGateway({ servers: { a: stdio.entry } })

  const before = script({ do: 'crash' }, { do: 'execute' })
  const after = script({ do: 'execute' }, { do: 'crash', signal: 'SIGKILL' })
  const half = script({ do: 'partial', bytes: 20 }, { do: 'crash' })
  for (const [callId, steps] of Object.entries({ before, after, half }))
    expect(await called(gateway, 'count', { callId, ...steps })).toMatch(/^"server_/)
  expect(await called(gateway, 'count', { callId: 'fine', nonce: 'x' })).toBe('x')

  const ran = ['before', 'after', 'half', 'fine'].map((callId) => stdio.executionsOf(callId))
  expect(ran).toEqual([0, 1, 1, 1])
})

test('manners change while the server runs, and a command is done once', async () => {
  await using stdio = await createStdioFault()
  await using gateway = await startGateway({ servers: { a: stdio.entry } })
  await called(gateway, 'echo', {})
  const [first] = stdio.processes()

  await stdio.become({ on: { 'tools/call:echo': [{ do: 'reply', text: 'changed' }] } })
  expect(await called(gateway, 'echo', {})).toBe('changed')
  await stdio.become({})
  expect(await called(gateway, 'echo', {})).toBe('echo')

  await stdio.run({ do: 'crash' })
  await expect.poll(() => stdio.processes().map(({ pid }) => pid)).not.toContain(first?.pid)
  await expect.poll(() => called(gateway, 'echo', {})).toBe('echo')
  expect(stdio.processes()).toHaveLength(1)
})

test('an HTTP server forgets its sessions, answers what it likes, and comes back on its port', async () => {
  await using http = await startHttpFault({ manners: { era: 'legacy' } })
  await using gateway = await startGateway({ servers: { b: http.entry } })
  const respond = (status: number, body = '') => script({ do: 'respond', status, body })
  expect(await called(gateway, 'echo', {})).toBe('echo')

  await http.run({ do: 'forgetSessions' })
  // Whether this one call is sent again is not for the lab to say.
  await called(gateway, 'echo', {})
  await expect.poll(() => called(gateway, 'echo', {})).toBe('echo')
  const report: Report = JSON.parse(await called(gateway, 'report', {}))
  expect(report.messages.filter(({ method }) => method === 'initialize')).toHaveLength(2)
  expect(await called(gateway, 'count', respond(500))).toMatch(/^"server_/)
  expect(await called(gateway, 'count', respond(200, '<html>'))).toMatch(/^"server_/)
  expect(await called(gateway, 'count', script({ do: 'cut', how: 'reset' }))).toMatch(/^"server_/)

  await http.kill()
  await http.start()
  await expect.poll(() => called(gateway, 'echo', {})).toBe('echo')
})

test('a report shows what the server was started with and what it heard', async () => {
  await using http = await startHttpFault({
    entry: { headers: { 'X-Seen': 'yes' } },
  })
  await using gateway = await startGateway({ servers: { b: http.entry } })

  const report: Report = JSON.parse(await called(gateway, 'report', {}))

  expect(report.argv).toContain('--transport')
  expect(Object.keys(report.env)).toContain('FAULT_EXECUTIONS')
  expect(report.messages.at(-1)).toMatchObject({
    method: 'tools/call',
    headers: { 'x-seen': 'yes' },
  })
})

test('a server goes over to the other era at run time', async () => {
  await using http = await startHttpFault({ manners: { era: 'legacy' } })
  const hello = async (manners: Manners) => {
    await http.become(manners)
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: {} }
    const response = await fetch(http.url, {
      method: 'POST',
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
    })
    return response.status
  }

  expect(await hello({ era: 'modern' })).toBe(400)
  expect(await hello({ era: 'both' })).toBe(200)
})

interface Report {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly messages: readonly { readonly method: string }[]
}

/** The text of the result, or the code of the failure. */
async function called(gateway: RunningGateway, tool: string, args: object): Promise<string> {
  const { result, error } = await callModern(gateway.url, tool, { ...args }).answer
  return result?.content[0]?.text ?? JSON.stringify(error?.data?.['code'] ?? error?.message)
}
