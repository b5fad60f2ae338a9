import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, test } from 'vitest'

import { callModern } from '../ends/clients.ts'
import { recordedIn, recorderOverStdio } from '../fixtures/recorder/entry.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { fixtureGateway } from './fixture-gateway.ts'
import type { FixtureGateway } from './fixture-gateway.ts'
import { withGantry } from './run-gantry.ts'
import type { InFolder } from './run-gantry.ts'

const program = fileURLToPath(new URL('../../src/apps/cli/main.ts', import.meta.url))

type InFolderWithGateway = InFolder & { readonly gateway: FixtureGateway }

function withGateway(prove: (given: InFolderWithGateway) => Promise<void>): () => Promise<void> {
  return withGantry(async (given) => {
    await using gateway = await fixtureGateway()
    await prove({ ...given, gateway })
  })
}

verifies(
  ['cli:call:types', 'cli:call:progress'],
  'values are typed by the schema and no digit is lost',
  withGateway(async ({ gantry, gateway }) => {
    const { code, stdout, stderr } = await gantry([
      'call',
      'add',
      'a=9007199254740993',
      'b=-12',
      'note=5',
      '--url',
      gateway.url,
    ])

    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '42\n', stderr: '50 %  half\n' })
    const { body, headers } = gateway.asked.at(-1) ?? { body: '', headers: {} }
    expect(body).toContain('"arguments":{"a":9007199254740993,"b":-12,"note":"5"}')
    expect(JSON.parse(body).params['_meta']).toEqual({
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'gantry-cli', version: expect.any(String) },
      'io.modelcontextprotocol/clientCapabilities': {},
      progressToken: expect.any(Number),
    })
    expect(headers).toMatchObject({
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'add',
    })
  }),
)

verifies(
  'cli:call:types',
  'lists, objects, null, raw JSON, files and mirrored headers reach the server as meant',
  withGateway(async ({ gantry, gateway, folder }) => {
    await writeFile(join(folder, 'q.txt'), 'grüße\n')

    const { code } = await gantry([
      'call',
      'docs__search',
      'query=@q.txt',
      'tags=a',
      'tags=b c',
      'filter={"after":"x"}',
      'deep=true',
      'page=null',
      'kind:="file"',
      '--url',
      gateway.url,
    ])

    expect(code).toBe(0)
    const { body, headers } = gateway.asked.at(-1) ?? { body: '', headers: {} }
    expect(JSON.parse(body).params.arguments).toEqual({
      query: 'grüße\n',
      tags: ['a', 'b c'],
      filter: { after: 'x' },
      deep: true,
      page: null,
      kind: 'file',
    })
    expect(headers['mcp-param-query']).toBe(
      `=?base64?${Buffer.from('grüße\n').toString('base64')}?=`,
    )
  }),
)

verifies(
  ['cli:tools:signatures', 'cli:call:types'],
  'a signature is called when it is pasted with values in place of its types',
  withGateway(async ({ gantry, gateway }) => {
    const { stdout } = await gantry(['tools', 'two numbers', '--url', gateway.url])
    const signature = /^\S.*\)/.exec(stdout)?.[0] ?? ''
    expect(signature).toBe('add(a: number, b: integer, note?: string = "none")')
    const filled = 'add(a: 2.50, b: 3, note?: "a, b")'

    expect(await gantry(['call', filled, '--url', gateway.url])).toMatchObject({ code: 0 })
    expect(gateway.asked.at(-1)?.body).toContain('"arguments":{"a":2.50,"b":3,"note":"a, b"}')
    expect(await gantry(['call', signature, '--url', gateway.url])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('a of add is number, and "number" is not'),
    })
  }),
)

verifies(
  'cli:call:types',
  '--args is sent byte for byte, from the command line, a file or standard input',
  withGateway(async ({ gantry, gateway, folder }) => {
    const text = '{ "a": 1e400, "b": 3 }'
    await writeFile(join(folder, 'args.json'), text)

    await gantry(['call', 'add', '--args', text, '--url', gateway.url])
    await gantry(['call', 'add', '--args', '@args.json', '--url', gateway.url])
    await gantry(['call', 'add', '--args', '-'], { stdin: text, env: { GANTRY_URL: gateway.url } })

    const calls = gateway.asked.filter(({ headers }) => headers['mcp-method'] === 'tools/call')
    expect(calls.map(({ body }) => body.includes(`"arguments":${text}`))).toEqual([
      true,
      true,
      true,
    ])
  }),
)

describe('what cannot be right is told before anything is called', () => {
  const cases = [
    [
      ['add', 'a=1'],
      'add needs b (integer)',
      'add(a: number, b: integer, note?: string = "none")',
      2,
    ],
    [['add', '--args', '{}'], 'add needs a (number) and b (integer)', 'It is called as', 2],
    [['add', '--args', '[1]'], 'not a JSON object', '--args', 2],
    [['add', 'a=x', 'b=1'], 'a of add is number, and "x" is not', 'a=1', 2],
    [['add', 'a=1', 'b=1.5'], 'b of add is integer, and "1.5" is not', 'b=1', 2],
    [['add', 'a=1', 'b=1', 'nope=1'], 'add has no argument named "nope"', 'Did you mean note?', 2],
    [['add', 'a=1', 'a=2', 'b=1'], 'a is given 2 times', 'It is called as', 2],
    [['add', 'a'], '"a" is not an argument', 'key=value', 2],
    [['add', 'a:=x', 'b=1'], 'The value of a is not JSON', 'a=…', 2],
    [['add', 'a=@none', 'b=1'], 'cannot be read', '@@', 2],
    [['docs__search', 'query=x', 'kind=pgae'], 'cannot be "pgae"', '"page", "file"', 2],
    [
      ['docs__search', 'query=x', 'filter=3'],
      'filter of docs__search is { after?: string }',
      'Write JSON',
      2,
    ],
    [['ad', 'a=1'], 'No tool is named "ad"', 'Did you mean "add"?', 1],
    [['search'], 'No tool is named "search"', 'Did you mean "docs__search"?', 1],
  ] as const
  for (const [args, problem, remedy, exit] of cases)
    verifies(
      ['cli:call:nearest', 'cli:failure:remedy'],
      JSON.stringify(args),
      withGateway(async ({ gantry, gateway }) => {
        const { code, stdout, stderr } = await gantry(['call', ...args, '--url', gateway.url])

        expect({ code, stdout }).toEqual({ code: exit, stdout: '' })
        expect(stderr).toContain(problem)
        expect(stderr.slice(stderr.indexOf('→'))).toContain(remedy)
        expect(gateway.asked.some(({ headers }) => headers['mcp-method'] === 'tools/call')).toBe(
          false,
        )
      }),
    )
})

verifies(
  'cli:call:content',
  'a picture is saved under a name that was free, and its path shown',
  withGateway(async ({ gantry, gateway, folder }) => {
    await writeFile(join(folder, 'picture.png'), 'mine')

    const { code, stdout } = await gantry(['call', 'picture', '--url', gateway.url])

    expect(code).toBe(0)
    expect(stdout).toBe(`image/png (70 bytes) saved to ${join(folder, 'picture-2.png')}\ndone\n`)
    expect((await readFile(join(folder, 'picture-2.png'))).subarray(1, 4).toString()).toBe('PNG')
    expect(await readFile(join(folder, 'picture.png'), 'utf8')).toBe('mine')
  }),
)

verifies(
  'cli:call:content',
  'structured content is printed once, with all its digits',
  withGateway(async ({ gantry, gateway }) => {
    expect((await gantry(['call', 'structured', '--url', gateway.url])).stdout).toBe(
      '{\n  "id": 9007199254740993\n}\n',
    )
    expect((await gantry(['call', 'wrapped', '--url', gateway.url])).stdout).toBe('as it is\n')
  }),
)

verifies(
  'cli:call:content',
  'content nobody knows is printed as JSON, links and embedded text as text',
  withGateway(async ({ gantry, gateway }) => {
    const { stdout } = await gantry(['call', 'odd', '--url', gateway.url])

    expect(stdout).toBe('{\n  "type": "hologram",\n  "vendor": 1e400\n}\nY  x://y\nhello\n')
  }),
)

verifies(
  'cli:exit-codes',
  'an error of the tool goes to stderr and ends with 1',
  withGateway(async ({ gantry, gateway }) => {
    expect(await gantry(['call', 'broken', '--url', gateway.url])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'broken reported an error:\nthe disk is on fire\n',
    })
    const { code, stdout } = await gantry(['call', 'broken', '--json', '--url', gateway.url])
    expect({ code, result: JSON.parse(stdout) }).toMatchObject({
      code: 1,
      result: { isError: true },
    })
  }),
)

test(
  'a question back is told, not waited for',
  withGateway(async ({ gantry, gateway }) => {
    const { code, stderr } = await gantry(['call', 'asks', '--url', gateway.url])

    expect(code).toBe(1)
    expect(stderr).toContain('elicitation/create')
  }),
)

test('an interrupt cancels the call and ends the program', async () => {
  await using gateway = await fixtureGateway()
  const child = spawn(process.execPath, [program, 'call', 'slow', '--url', gateway.url], {
    stdio: 'ignore',
  })
  const closed = new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  await expect.poll(() => gateway.asked.length, { timeout: 10_000 }).toBe(3)

  child.kill('SIGINT')

  expect(await closed).toEqual({ code: 130, signal: null })
  await gateway.left
})

test('an interrupt cancels the call at its server, behind the gateway', async () => {
  await using gateway = await startGateway({ servers: { a: recorderOverStdio('legacy') } })
  const report = async () => recordedIn(await callModern(gateway.url, 'report').answer)
  const args = [program, 'call', 'wait', '--args', '{"key":"k"}', '--url', gateway.url]
  const child = spawn(process.execPath, args, { stdio: 'ignore', cwd: gateway.folder })
  const exited = once(child, 'exit')
  await expect.poll(async () => (await report()).started, { timeout: 10_000 }).toEqual(['k'])

  child.kill('SIGINT')

  expect(await exited).toEqual([130, null])
  await expect.poll(async () => (await report()).cancelled).toEqual(['k'])
})
