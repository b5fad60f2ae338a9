import { access, readFile, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { z } from 'zod'
import { ask, askLegacy, askMcp, openSession, readAs } from '../access/people.ts'
import { runGantry, withGantry } from '../cli/run-gantry.ts'
import type { Heard, Script } from '../fixtures/scripted/script.ts'
import { textResult, tool } from '../fixtures/scripted/script.ts'
import { serveScript } from '../fixtures/scripted/server.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { startGateway } from '../kit/gateway.ts'
import { descendantsOf } from '../kit/process-tree.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'

const echo: Script = {
  era: 'legacy',
  tools: [tool('echo'), tool('--config'), tool('-c')],
  on: { 'tools/call': ({ heard, answer }) => answer(textResult(wordOf(heard))) },
}

function wordOf({ params }: Heard): string {
  const given = params['arguments']
  return given instanceof Object && 'word' in given ? String(given.word) : ''
}

/** What a shell, or a program in front of the program, would do something with. */
const treacherous = (canary: string) => [
  `; touch ${canary}`,
  `$(touch ${canary})`,
  `\`touch ${canary}\``,
  `| touch ${canary}`,
  `&& touch ${canary}`,
  `\ntouch ${canary}\n`,
  '--',
  '--fork',
  '-c',
  `--kill-child=KILL; touch ${canary}`,
  '',
  '  a  b\n"c"\t',
  '*',
  '~',
  '$HOME',
  '{json_args}',
  '%s %n',
  "'",
  '\\',
  'é漢😀',
]

/** The words of the one process below the gateway that has this among them. */
async function wordsOf({ pid }: RunningGateway, word: string): Promise<readonly string[]> {
  const all = descendantsOf(pid).map(async (one) => {
    const program = await readlink(`/proc/${one.pid}/exe`)
    const line = await readFile(`/proc/${one.pid}/cmdline`, 'utf8')
    return { program, words: line.split('\0').slice(0, -1) }
  })
  const found = (await Promise.all(all)).find(
    ({ program, words }) => program === process.execPath && words.includes(word),
  )
  return found?.words ?? []
}

const isThere = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  )

verifies(
  'security:V02',
  'V02: a program is handed the words of its entry as they stand, whatever is in them',
  async () => {
    await using folder = await createTempFolder()
    const canary = join(folder.path, 'canary')
    await using server = await serveScript(echo, 'stdio')
    const given = [server.entry['args']].flat().map(String)
    const args = [...given, ...treacherous(canary)]
    await using gateway = await startGateway({ servers: { one: { ...server.entry, args } } })
    await askMcp(gateway, undefined, 'tools/list')

    expect(await wordsOf(gateway, given.at(-1) ?? '')).toEqual([process.execPath, ...args])
    expect(await isThere(canary)).toBe(false)
  },
)

verifies('security:V02', 'V02: a command is the name of a file and never a line', async () => {
  const names = [
    '$(id)',
    '`id`',
    'true;id',
    'true|id',
    '-c',
    '--help',
    '*',
    '~',
    './true',
    '../true',
  ]
  const servers = names.map((command, index) => [`s${index}`, { command, args: ['x'] }])
  await using gateway = await startGateway({ servers: Object.fromEntries(servers) })
  const Status = z.array(z.object({ state: z.string(), reason: z.string().optional() }))
  const read = async () => readAs(Status, await ask(gateway, undefined, '/api/servers/status'))
  await expect.poll(async () => (await read()).map(({ state }) => state)).not.toContain('starting')

  for (const { state, reason } of await read()) {
    expect(state).not.toBe('ready')
    expect(reason).toMatch(/was not found|does not exist/)
  }
})

verifies(
  'security:V02',
  'V02: a line for a shell and a NUL are faults of the file, which then starts nothing',
  withGantry(async ({ folder, gantry }) => {
    const canary = join(folder, 'canary')
    const lines = [`sh -c 'touch ${canary}'`, `touch ${canary}`, `true; touch ${canary}`]
    const withNul = [
      { command: 'a\0b' },
      { command: 'touch', args: [`${canary}\0`] },
      { command: 'touch', args: [canary], env: { A: 'x\0y' } },
    ]
    for (const entries of [lines.map((command) => ({ command })), withNul]) {
      const servers = Object.fromEntries(entries.map((entry, index) => [`s${index}`, entry]))
      await writeFile(join(folder, 'gantry.json'), JSON.stringify({ servers }))
      const { code, stderr } = await gantry(['up', '--port', '0'], {
        env: { XDG_STATE_HOME: join(folder, 'state') },
      })
      expect(code).toBe(1)
      for (const index of entries.keys()) expect(stderr).toContain(`: servers.s${index}.`)
    }
    expect(await isThere(canary)).toBe(false)
  }),
  120_000,
)

verifies(
  'security:V03',
  'V03: what a client sends reaches the server and no command line, however it begins',
  async () => {
    await using folder = await createTempFolder()
    const mark = 'canary5c1d'
    const words = [
      ...treacherous(join(folder.path, mark)),
      `--mcp-config /tmp/${mark}.json`,
      `-p ${mark}`,
      '--dangerously-skip-permissions',
      `--output=/tmp/${mark}`,
      `${mark}\u0000end`,
      `${mark}${'x'.repeat(200_000)}`,
    ]
    await using server = await serveScript(echo, 'stdio')
    await using gateway = await startGateway({ servers: { one: server.entry } })
    const session = await openSession(gateway, undefined)
    const before = await commandLines(gateway)
    for (const word of words) {
      const params = { name: 'echo', arguments: { word } }
      const told = [
        await askMcp(gateway, undefined, 'tools/call', { params }),
        await askLegacy(gateway, undefined, { method: 'tools/call', params, session }),
        await post(gateway, '/api/tools/call', { tool_name: 'echo', arguments: { word } }),
        await post(gateway, '/tools/echo', { word }),
      ]
      for (const { text } of told) expect(text).toContain(JSON.stringify(word))
      expect(await commandLines(gateway)).toEqual(before)
    }
    for (const name of ['--config', '-c']) {
      const params = { name, arguments: { word: mark } }
      expect((await askMcp(gateway, undefined, 'tools/call', { params })).text).toContain(mark)
    }
    expect(server.heard.filter(({ method }) => method === 'tools/call').map(wordOf)).toEqual([
      ...words.flatMap((word) => [word, word, word, word]),
      mark,
      mark,
    ])
    expect(await isThere(join(folder.path, mark))).toBe(false)
  },
)

verifies(
  'security:V03',
  'V03: an argument on the command line stays one, however it begins',
  async () => {
    await using server = await serveScript(echo, 'stdio')
    await using gateway = await startGateway({ servers: { one: server.entry } })
    const env = { GANTRY_URL: `http://127.0.0.1:${gateway.port}` }
    for (const word of ['--config=/etc/passwd', '--', '$(id)']) {
      const args = ['call', 'echo', `word=${word}`]
      const { code, stdout } = await runGantry(args, { cwd: gateway.folder, env })
      expect({ word, code, stdout }).toEqual({ word, code: 0, stdout: `${word}\n` })
    }
    for (const name of ['--config', '-x', '../x', 'a/b', 'a b', '']) {
      const body = { name, url: 'http://127.0.0.1:9/mcp' }
      expect((await post(gateway, '/api/servers', body)).status).toBe(400)
    }
  },
  120_000,
)

function post(gateway: RunningGateway, path: string, body: unknown) {
  return ask(gateway, undefined, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

/** What everybody can read of the gateway and its programs. */
async function commandLines({ pid }: RunningGateway): Promise<readonly string[]> {
  const pids = [pid, ...descendantsOf(pid).map((one) => one.pid)]
  return Promise.all(pids.map((one) => readFile(`/proc/${one}/cmdline`, 'latin1')))
}
