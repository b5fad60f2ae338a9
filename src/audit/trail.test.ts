import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { createTempFolder, inTempFolder } from '../../test/kit/temp-folder.ts'
import { verifies } from '../../test/requirements/verifies.ts'
import { GatewayError } from '../contract/gateway-error.ts'
import type { Asked, BegunLine, Ending } from '../core/audit/journal.ts'
import { silentLog } from '../core/observe/log.ts'
import { createFacts } from './call-facts.ts'
import { createCallLog } from './call-log.ts'
import { checkLogs } from './check.ts'
import { createDigest, digestKey } from './digest.ts'
import { filesIn, logsIn } from './files.ts'
import type { Trail } from './trail.ts'
import { createTrail } from './trail.ts'

interface Opened extends AsyncDisposable {
  readonly trail: Trail
  readonly said: readonly string[]
}

function open(base: string, { isRequired = false, mostWaiting = 100 } = {}): Opened {
  const said: string[] = []
  const say = (event: string) => void said.push(event)
  const trail = createTrail({
    isRequired,
    mostWaiting,
    log: { ...silentLog, warn: say, error: say },
    reasonOf: (error) => (error instanceof Error ? error.message : 'unknown'),
    openFacts: () =>
      createFacts({ digest: createDigest(digestKey(base)), hideInArguments: (text) => text }),
    callLog: createCallLog({
      base,
      ownership: { own: async () => 'own', isAlive: async () => false },
      rotateBytes: 1_000_000,
      rotateMs: 60_000,
      keeping: { keepBytes: 1_000_000, keepDays: 1 },
      sync: true,
      facts: {},
      onProblem: say,
    }),
  })
  return { trail, said, [Symbol.asyncDispose]: () => trail[Symbol.asyncDispose]() }
}

function asked(target: string, args = '{}'): Asked {
  return {
    method: 'tools/call',
    principal: 'someone',
    session: undefined,
    request: '1',
    server: 'docs',
    target,
    subject: Buffer.from(args),
    requestBytes: 10,
  }
}

const ending: Ending = {
  decision: 'allow',
  outcome: 'result',
  executed: 'executed',
  code: undefined,
  durationMs: 1,
  replyBytes: 10,
  attempts: 1,
}

function begin({ trail }: Opened, target: string): Promise<BegunLine | GatewayError> {
  return new Promise((resolve) => trail.journal.begin(asked(target), resolve))
}

async function linesIn(base: string): Promise<readonly Record<string, unknown>[]> {
  const [log = ''] = await logsIn(base)
  const texts = await Promise.all(
    (await filesIn(join(base, log))).map(({ path }) => readFile(path, 'utf8')),
  )
  return texts.flatMap((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  )
}

verifies(
  'audit:every-call:I9',
  'what is told at the same time is written in the order in which it was told, and a call names the line of its beginning',
  inTempFolder(async (base) => {
    await using opened = open(base, { isRequired: true })
    const numbers = await Promise.all(Array.from({ length: 50 }, (_, n) => begin(opened, `t${n}`)))
    for (const [n, begun] of numbers.entries()) {
      if (typeof begun === 'number') opened.trail.journal.end(asked(`t${n}`), ending, begun)
    }
    // One after the other, nobody waits for anything but the disk.
    for (let n = 50; n < 300; n++) await begin(opened, `t${n}`)
    await opened.trail.flush()
    const lines = await linesIn(base)
    const begun = lines.filter(({ type }) => type === 'begun')
    const ended = lines.filter(({ type }) => type === 'call')

    expect(begun.map(({ tool }) => tool)).toEqual(Array.from({ length: 300 }, (_, n) => `t${n}`))
    expect(begun.slice(0, 50).map(({ seq }) => seq)).toEqual(numbers)
    expect(ended.map((line) => line['begun'])).toEqual(numbers)
  }),
)

verifies(
  'audit:required:F52',
  'who waits for a line that cannot be written is told so, and the next one that can be goes on',
  inTempFolder(async (folder) => {
    const base = join(folder, 'audit')
    await writeFile(base, 'this is no folder')
    await using opened = open(base, { isRequired: true })
    const refused = [await begin(opened, 'one'), await begin(opened, 'two')]
    await rm(base)
    const number = async () => typeof (await begin(opened, 'three'))
    await expect.poll(number, { timeout: 9000 }).toBe('number')
    await opened.trail.flush()
    const gaps = (await linesIn(base)).filter(({ type }) => type === 'gap')

    expect(refused).toEqual([expect.any(GatewayError), expect.any(GatewayError)])
    expect(refused).toMatchObject([{ code: 'audit_unavailable' }, { code: 'audit_unavailable' }])
    expect(gaps[0]).toMatchObject({ lost: 0 })
    const noted = gaps.map((line) => Number(line['refused']))
    expect(noted.reduce((sum, some) => sum + some)).toBe(opened.trail.health.refused)
    expect(opened.said).toEqual(['audit_unwritable', 'audit_writable'])
  }),
)

verifies(
  'audit:on:F52',
  'lines wait for room up to a bound, those that are lost are counted and told, and the chain says how many',
  inTempFolder(async (folder) => {
    const base = join(folder, 'audit')
    const opened = open(base, { mostWaiting: 10 })
    opened.trail.journal.end(asked('before'), ending)
    await opened.trail.flush()
    const [log = ''] = await logsIn(base)
    // Its folder is gone, and nothing can take its place.
    await rm(join(base, log), { recursive: true })
    await writeFile(join(base, log), 'this is no folder')
    const told = () => opened.trail.journal.end(asked('during'), ending)
    await expect
      .poll(
        async () => {
          told()
          await opened.trail.flush()
          return opened.trail.health.problem
        },
        { timeout: 9000 },
      )
      .toBeTypeOf('string')
    for (let n = 0; n < 20; n++) told()
    const { lost, waiting } = opened.trail.health
    await rm(join(base, log))
    await mkdir(join(base, log))
    await expect.poll(() => opened.trail.health.problem, { timeout: 9000 }).toBeUndefined()
    await opened[Symbol.asyncDispose]()
    const lines = await linesIn(base)

    expect(waiting).toBe(10)
    expect(lost).toBeGreaterThanOrEqual(10)
    expect(lines[0]).toMatchObject({ type: 'gap', lost })
    expect(lines.filter(({ type }) => type === 'call')).toHaveLength(10)
    expect(opened.said).toEqual(
      expect.arrayContaining(['audit_unwritable', 'audit_losing', 'audit_writable']),
    )
  }),
)

verifies(
  'audit:store:F53',
  'F53: a damaged key of the digests is reported and stays as it is, and nothing is written down under another one',
  inTempFolder(async (base) => {
    const key = digestKey(base).toString('base64url')
    await writeFile(join(base, 'key'), key.slice(0, 40))
    await using opened = open(base, { isRequired: true })
    const refused = await begin(opened, 'one')
    opened.trail.journal.end(asked('two'), ending)
    const { lost, problem } = opened.trail.health
    const kept = await readFile(join(base, 'key'), 'utf8')
    await writeFile(join(base, 'key'), key)
    const number = async () => typeof (await begin(opened, 'three'))
    await expect.poll(number, { timeout: 9000 }).toBe('number')

    expect(refused).toMatchObject({ code: 'audit_unavailable' })
    expect(lost).toBe(1)
    expect(problem).toMatch(/key does not hold a key$/)
    expect(kept).toBe(key.slice(0, 40))
    expect(opened.said).toContain('audit_unwritable')
  }),
)

verifies(
  'audit:content:V42',
  'arguments are written down without what looks secret, and cut',
  async () => {
    await using folder = await createTempFolder()
    const args = {
      path: '/tmp/x',
      password: 'hunter2',
      nested: [{ apiKey: 'abc', note: 'Authorization: Bearer abcdefgh12345' }],
      url: 'https://me:geheim@host/db',
      long: 'z'.repeat(10_000),
      many: Array.from({ length: 5000 }, () => 'words'),
      last: 'unseen',
    }
    {
      await using opened = open(folder.path)
      opened.trail.journal.end(asked('one', JSON.stringify(args)), ending)
      opened.trail.journal.end(asked('one', 'no json'), ending)
    }
    const [, line, other] = await linesIn(folder.path)
    const shown = JSON.stringify(line?.['arguments'])

    expect(line?.['arguments']).toMatchObject({
      path: '/tmp/x',
      password: '[hidden]',
      nested: [{ apiKey: '[hidden]', note: 'Authorization: [hidden]' }],
      url: 'https://me:[hidden]@host/db',
      long: `${'z'.repeat(256)}… (10000 characters)`,
    })
    expect(other?.['arguments']).toBe('…')
    expect(shown.length).toBeLessThan(10_000)
    for (const secret of ['hunter2', 'abcdefgh12345', 'geheim', 'unseen'])
      expect(shown).not.toContain(secret)
    expect((await checkLogs(folder.path)).flatMap(({ breaks }) => breaks)).toEqual([])
  },
)
