import { readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { createTempFolder, inTempFolder } from '../../test/kit/temp-folder.ts'
import { verifies } from '../../test/requirements/verifies.ts'
import type { CallLog, CallLogOptions } from './call-log.ts'
import { createCallLog } from './call-log.ts'
import type { Checked } from './check.ts'
import { checkLogs } from './check.ts'
import { filesIn, logsIn } from './files.ts'
import type { Entry } from './line.ts'

const alive = new Set<string>()

function open(
  base: string,
  options: Partial<CallLogOptions> & { readonly by?: string } = {},
): CallLog {
  const { by = 'one', ...rest } = options
  return createCallLog({
    base,
    ownership: { own: async () => by, isAlive: async (owner) => alive.has(owner) },
    rotateBytes: 1_000_000,
    rotateMs: 60_000,
    keeping: { keepBytes: 1_000_000_000, keepDays: 1 },
    sync: false,
    facts: { version: '1' },
    onProblem: () => undefined,
    ...rest,
  })
}

function calls(count: number): readonly Entry[] {
  return Array.from({ length: count }, (_, index) => ({
    type: 'call',
    timeMs: 1000 + index,
    told: `"principal":"someone","tool":"tool ${index}","outcome":"result"`,
  }))
}

async function written(base: string, count: number, options?: Partial<CallLogOptions>) {
  await using log = open(base, options)
  for (const entry of calls(count)) await log.append([entry])
}

async function only(base: string): Promise<Checked> {
  const [checked, ...more] = await checkLogs(base)
  if (!checked || more.length > 0) throw new Error('there is not one log')
  return checked
}

const problemsOf = ({ breaks }: Checked) => breaks.map(({ problem }) => problem)

async function pathsIn(base: string): Promise<readonly string[]> {
  const [log = ''] = await logsIn(base)
  return (await filesIn(join(base, log))).map(({ path }) => path)
}

verifies(
  'audit:chain:V61',
  'one changed byte, one line less or two lines swapped are found, wherever they are',
  async () => {
    await using folder = await createTempFolder()
    // Several files, so that what joins them is put to the test, too.
    await written(folder.path, 12, { rotateBytes: 900 })
    const paths = await pathsIn(folder.path)
    expect(paths.length).toBeGreaterThan(2)
    expect(await only(folder.path)).toMatchObject({ lines: 13, breaks: [] })
    const place = fc.record({ file: fc.nat(paths.length - 1), at: fc.nat(), to: fc.nat(255) })
    const attack = fc.oneof(
      place.map((where) => ({ ...where, kind: 'change' as const })),
      place.map((where) => ({ ...where, kind: 'remove' as const })),
      place.map((where) => ({ ...where, kind: 'swap' as const })),
      place.map((where) => ({ ...where, kind: 'double' as const })),
      place.map((where) => ({ ...where, kind: 'cut' as const })),
    )

    await fc.assert(
      fc.asyncProperty(attack, async ({ kind, file, at, to }) => {
        const path = paths[file] ?? ''
        const before = await readFile(path)
        const after = attacked(before, { kind, at, to })
        fc.pre(!after.equals(before))
        await writeFile(path, after)
        const { breaks } = await only(folder.path)
        await writeFile(path, before)
        expect(breaks.length).toBeGreaterThan(0)
        expect(breaks[0]?.file).not.toBe('')
      }),
      { numRuns: 300 },
    )
    expect(await only(folder.path)).toMatchObject({ lines: 13, breaks: [] })
  },
  60_000,
)

interface Attack {
  readonly kind: 'change' | 'remove' | 'swap' | 'double' | 'cut'
  readonly at: number
  readonly to: number
}

function attacked(bytes: Buffer, { kind, at, to }: Attack): Buffer {
  if (kind === 'change') {
    const changed = Buffer.from(bytes)
    changed[at % bytes.length] = to
    return changed
  }
  const lines = bytes.toString('latin1').split('\n').slice(0, -1)
  const index = at % lines.length
  const line = lines[index] ?? ''
  if (kind === 'remove') lines.splice(index, 1)
  if (kind === 'cut') lines.splice(index)
  if (kind === 'double') lines.splice(index, 0, line)
  if (kind === 'swap') lines.splice(index, 2, ...lines.slice(index, index + 2).toReversed())
  return Buffer.from(lines.map((one) => `${one}\n`).join(''), 'latin1')
}

verifies(
  'audit:chain:V61',
  'a whole file that is removed is missed at the beginning, in the middle and at the end',
  inTempFolder(async (base) => {
    await written(base, 20, { rotateBytes: 900 })
    const paths = await pathsIn(base)
    const found: (readonly string[])[] = []
    for (const path of [paths[0], paths[2], paths.at(-1)]) {
      const bytes = await readFile(path ?? '')
      await rm(path ?? '')
      found.push(problemsOf(await only(base)))
      await writeFile(path ?? '', bytes)
    }

    expect(found).toEqual([
      [expect.stringMatching(/^lines number 1 to \d+ are missing at the beginning$/)],
      [expect.stringMatching(/^it does not follow line number \d+/)],
      [expect.stringMatching(/^lines number \d+ to 21 are missing at the end$/)],
    ])
  }),
)

verifies(
  'audit:files:rotation',
  'a file that is full or old is followed by another one, and its owner alone can read it',
  inTempFolder(async (base) => {
    await written(base, 10, { rotateBytes: 900 })
    await written(base, 1, { rotateMs: -1 })
    const paths = await pathsIn(base)
    const modes = await Promise.all(paths.map(async (path) => (await stat(path)).mode & 0o777))

    expect(paths.length).toBeGreaterThan(3)
    expect(new Set(modes)).toEqual(new Set([0o600]))
    // What was opened twice says so twice.
    expect(await only(base)).toMatchObject({ files: paths.length, lines: 13, breaks: [] })
  }),
)

verifies(
  'audit:files:rotation',
  'what is too much or too old is removed, which is said before, and what is left is whole',
  inTempFolder(async (base) => {
    await written(base, 40, { rotateBytes: 900, keeping: { keepBytes: 3000, keepDays: 1 } })
    const left = await only(base)
    const paths = await pathsIn(base)
    const old = new Date(Date.now() - 3 * 86_400_000)
    for (const path of paths.slice(0, -1)) await utimes(path, old, old)
    await written(base, 1)

    expect(left.breaks).toEqual([])
    expect(left.lines).toBeLessThan(30)
    expect(await only(base)).toMatchObject({ files: 1, breaks: [] })
    await rm((await pathsIn(base))[0] ?? '')
    expect((await only(base)).breaks).toHaveLength(1)
  }),
)

verifies(
  'audit:killed:I9',
  'half a line at the end is cut off when the log is opened again, and the chain says so',
  inTempFolder(async (base) => {
    await written(base, 3)
    const [path = ''] = await pathsIn(base)
    await writeFile(path, '{"seq":5,"type":"call","ti', { flag: 'a' })
    const torn = await only(base)
    await written(base, 1)
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')

    expect(torn).toMatchObject({ breaks: [], tornBytes: 26 })
    expect(await only(base)).toMatchObject({ lines: 6, breaks: [], tornBytes: 0 })
    expect(JSON.parse(lines[4] ?? '')).toMatchObject({ type: 'opened', seq: 5, cut_bytes: 26 })
  }),
)

verifies(
  'audit:store:F53',
  'a log whose end was changed is reported and kept, and another file goes on after it',
  inTempFolder(async (base) => {
    await written(base, 3)
    const [path = ''] = await pathsIn(base)
    const before = await readFile(path, 'utf8')
    await writeFile(path, before.replace('tool 2', 'tool 9'))
    const problems: string[] = []
    await written(base, 1, { onProblem: (problem) => void problems.push(problem) })
    const paths = await pathsIn(base)

    expect(problems).toEqual(['the last line of calls-000000000001.jsonl was changed'])
    expect(await readFile(path, 'utf8')).toContain('tool 9')
    expect(paths).toHaveLength(2)
    const { breaks } = await only(base)
    expect(breaks.map(({ file, line }) => `${file}:${line}`)).toContain(
      'calls-000000000001.jsonl:4',
    )
  }),
)

verifies(
  'audit:files:rotation',
  'programs that run at the same time each write a log of their own, and go on with one whose writer has ended',
  inTempFolder(async (base) => {
    const names: (string | undefined)[] = []
    alive.add('first').add('second')
    {
      await using first = open(base, { by: 'first' })
      await using second = open(base, { by: 'second' })
      await Promise.all([first.append(calls(1)), second.append(calls(2))])
      names.push(first.opened?.name, second.opened?.name)
    }
    alive.clear()
    await written(base, 1)
    const logs = await checkLogs(base)

    expect(new Set(names).size).toBe(2)
    expect(logs.map(({ log }) => log)).toEqual(
      [...names].toSorted((one = '', other = '') => (one < other ? -1 : 1)),
    )
    expect(logs.map(({ lines }) => lines).reduce((sum, lines) => sum + lines)).toBe(7)
    expect(await readdir(join(base, names[0] ?? ''))).not.toContain('owner')
  }),
)

verifies(
  'audit:store:F53',
  'a file that vanishes while it is written to is reported, and lines go on in another one',
  inTempFolder(async (base) => {
    const problems: string[] = []
    await using log = open(base, { onProblem: (problem) => void problems.push(problem) })
    await log.append(calls(2))
    for (const path of await pathsIn(base)) await rm(path)
    await expect
      .poll(
        async () => {
          await log.append(calls(1))
          return problems
        },
        { timeout: 15_000 },
      )
      .toEqual([expect.stringMatching(/was removed, replaced or cut$/)])

    expect(await pathsIn(base)).toHaveLength(1)
    expect((await only(base)).breaks).not.toEqual([])
  }),
)
