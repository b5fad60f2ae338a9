import { randomUUID } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import { expectNothingLeft, openBed } from './bed.ts'
import type { FakeScript } from './fixtures/fake-program.ts'

const asked = { program: 'fake', prompt: 'hello' }

test('what a text program prints is the answer, byte by byte', async () => {
  const stdout = 'Grüße, 世界 🎈\n'
  await using bed = await openBed({ scripts: [{ stdout, pieceBytes: 1, stderr: 'loading…\n' }] })
  const heard: string[] = []

  const result = await bed.runner.start(asked, {
    hear: (event) => event.kind === 'delta' && heard.push(event.text),
  }).done

  expect(result).toMatchObject({ success: true, model: 'fake', output: stdout, attempts: 1 })
  expect(result.execution_time).toBeGreaterThan(0)
  expect(heard.join('')).toBe(stdout)
  expectNothingLeft(bed)
})

test('a program that closes its input when it has read it all may take its time', async () => {
  const script = { closesInput: true, thinksMs: 4000, stdout: 'at last' }
  await using bed = await openBed({ scripts: [script] })

  const result = await bed.runner.start(asked).done

  expect(result).toMatchObject({ success: true, output: 'at last' })
})

const endings: Readonly<Record<string, { script: FakeScript; program?: object; error: string }>> = {
  'prints 200 MB': { script: { floodBytes: 200_000_000 }, error: 'output_limit' },
  'prints nothing for too long': {
    script: { hangs: true },
    program: { idleTimeoutMs: 300 },
    error: 'idle_timeout',
  },
  'ignores SIGTERM': { script: { hangs: true, ignoresTerm: true }, error: 'timeout' },
  'leaves a child behind and ends': {
    script: { grandchild: 'child', exit: 3 },
    error: 'failed',
  },
  'leaves a daemon behind and hangs': {
    script: { grandchild: 'daemon', hangs: true, ignoresTerm: true },
    error: 'timeout',
  },
  'closes its input and hangs': { script: { closesInput: true, hangs: true }, error: 'timeout' },
  'never reads its input': { script: { readsInput: false, hangs: true }, error: 'timeout' },
}

for (const [name, { script, program = {}, error }] of Object.entries(endings)) {
  verifies(
    ['llm:deputy:bounded', 'llm:run:leaves-nothing'],
    `a program that ${name} is ended with all it started, and the result says why`,
    async () => {
      const litter = { ...script, litters: true }
      await using bed = await openBed({
        scripts: [litter],
        program: { ...program, outputBytes: 1_000_000 },
      })

      const result = await bed.runner.start({ ...asked, timeoutMs: 1500 }).done

      expect(result).toMatchObject({ success: false, error_class: error })
      expect(result.remedy).not.toBe('')
      expectNothingLeft(bed)
    },
  )
}

verifies('llm:run:leaves-nothing', 'a cancelled run is gone, however it resists', async () => {
  const script = { grandchild: 'daemon', hangs: true, ignoresTerm: true, litters: true } as const
  await using bed = await openBed({ scripts: [script] })
  const run = bed.runner.start(asked)
  await expect.poll(() => bed.running().length).toBeGreaterThan(1)

  const isCancelled = bed.runner.cancel(run.id)
  const result = await run.done

  expect(isCancelled).toBe(true)
  expect(result).toMatchObject({ success: false, error_class: 'cancelled', run_id: run.id })
  expectNothingLeft(bed)
  expect(bed.runner.cancel(run.id)).toBe(false)
})

verifies('llm:run:leaves-nothing', 'a run whose caller has gone is gone too', async () => {
  await using bed = await openBed({ scripts: [{ hangs: true, litters: true }] })
  const caller = new AbortController()
  const run = bed.runner.start(asked, { signal: caller.signal })
  await expect.poll(() => bed.records().length).toBe(1)

  caller.abort()

  expect(await run.done).toMatchObject({ error_class: 'cancelled' })
  expectNothingLeft(bed)
})

verifies('llm:run:leaves-nothing', 'runs end with their runner', async () => {
  const bed = await openBed({ scripts: [{ hangs: true }], program: { maxConcurrent: 2 } })
  const runs = [1, 2, 3].map(() => bed.runner.start(asked))
  await expect.poll(() => bed.records().length).toBe(2)

  await bed[Symbol.asyncDispose]()

  const results = await Promise.all(runs.map(({ done }) => done))
  expect(results.map((result) => result.error_class)).toEqual(runs.map(() => 'lost'))
  expect(bed.running()).toEqual([])
})

verifies('llm:run:leaves-nothing', 'what a killed runner left is removed by the next', async () => {
  await using bed = await openBed()
  const left = join(bed.folder, 'state', 'work', 'left')
  await mkdir(left, { recursive: true })
  await writeFile(join(left, 'owner'), randomUUID())
  await using next = await openBed({ stateFolder: join(bed.folder, 'state') })

  await next.runner.start(asked).done

  expect(bed.leftFolders()).toEqual([])
})

test('a program that is not there is said to be missing', async () => {
  await using bed = await openBed({ words: ['/nowhere/at-all'] })

  const result = await bed.runner.start(asked).done

  expect(result).toMatchObject({ success: false, error_class: 'missing', attempts: 1 })
  expect(result.error).toContain('/nowhere/at-all')
})

verifies('llm:deputy:bounded', 'a program is held to the limits of its entry', async () => {
  const script = 'head -c 2000000 /dev/zero > big && echo written'
  await using bed = await openBed({
    words: ['sh', '-c', script],
    program: { limits: { fileBytes: 1_000_000 } },
  })

  const result = await bed.runner.start(asked).done

  expect(result).toMatchObject({ success: false, error_class: 'failed' })
  expect(result.output).toBeUndefined()
})

test('an unknown program is answered with the nearest name', async () => {
  await using bed = await openBed()

  const result = await bed.runner.start({ program: 'fakee', prompt: 'x' }).done

  expect(result).toMatchObject({ success: false, error_class: 'invalid' })
  expect(result.error).toContain('Did you mean "fake"?')
})

verifies(
  'llm:run:queue',
  'runs of a program wait for each other, and too many are refused',
  async () => {
    await using bed = await openBed({
      scripts: [{ hangs: true }],
      program: { maxConcurrent: 1, maxQueued: 1 },
    })

    const runs = [1, 2, 3].map(() => bed.runner.start(asked))
    const [first, second, third] = runs
    await expect.poll(() => bed.records().length).toBe(1)

    expect(runs.map(({ record }) => record().state)).toEqual(['running', 'queued', 'failed'])
    expect((await third?.done)?.error_class).toBe('queue_full')
    first?.cancel()
    await expect.poll(() => bed.records().length).toBe(2)
    second?.cancel()
    expect((await second?.done)?.error_class).toBe('cancelled')
  },
)

verifies('llm:run:journal', 'a run can be read later, by its owner only', async () => {
  await using bed = await openBed({ scripts: [{ stdout: 'the answer', stderr: 'a warning\n' }] })
  const run = bed.runner.start(asked)
  await run.done

  await using later = await openBed({ stateFolder: join(bed.folder, 'state') })

  const record = await later.runner.read(run.id)
  expect(record).toMatchObject({ state: 'done', model: 'fake', result: { output: 'the answer' } })
  expect(await later.runner.runs(10)).toEqual([record])
  expect(await later.runner.printed(run.id)).toContain('the answer')
  expect(await later.runner.printed(run.id)).toContain('! a warning')
  expect(await later.runner.read('../../etc/passwd')).toBeUndefined()
  const runs = join(bed.folder, 'state', 'runs')
  const modes = readdirSync(runs).map((file) => statSync(join(runs, file)).mode & 0o777)
  expect(modes).toEqual([0o600, 0o600])
})

verifies('llm:run:journal', 'only so many runs are kept', async () => {
  await using bed = await openBed({ scripts: [{ stdout: 'x' }], settings: { keepRuns: 2 } })
  const ids: string[] = []

  for (let count = 0; count < 4; count += 1) {
    const run = bed.runner.start(asked)
    await run.done
    ids.unshift(run.id)
  }

  expect((await bed.runner.runs(10)).map((record) => record.run_id)).toEqual(ids.slice(0, 2))
  expect(readdirSync(join(bed.folder, 'state', 'runs'))).toHaveLength(4)
})

test('a run whose runner was killed is shown as lost', async () => {
  await using bed = await openBed({ scripts: [{ hangs: true }] })
  const runs = join(bed.folder, 'state', 'runs')
  await mkdir(runs)
  const record = { run_id: '000000000-lost', model: 'fake', state: 'running', started_at: 'then' }
  await writeFile(
    join(runs, '000000000-lost.json'),
    JSON.stringify({ record, runner: randomUUID() }),
  )

  expect(await bed.runner.runs(10)).toMatchObject([
    { state: 'failed', result: { success: false, error_class: 'lost' } },
  ])
})

const line = (fields: object) => `${JSON.stringify(fields)}\n`

test('what another runner that lives has under way is left alone', async () => {
  await using bed = await openBed({ scripts: [{ hangs: true }] })
  const run = bed.runner.start(asked)
  await expect.poll(() => bed.records().length).toBe(1)

  await using other = await openBed({ stateFolder: join(bed.folder, 'state') })
  await other.runner.start(asked).done

  expect(bed.leftFolders()).toEqual([run.id])
  expect(await other.runner.read(run.id)).toMatchObject({ state: 'running', model: 'fake' })
})

verifies('llm:run:session', 'a session goes on once at a time', async () => {
  const stdout = line({ session: 's-1', done: 'hi' })
  await using bed = await openBed({
    scripts: [{ stdout }, { stdout, hangs: true }, { stdout }],
    program: {
      command: ['{resume_args}'],
      resumeArgs: ['--resume', '{session}'],
      events: { jsonl: [{ when: {}, session: 'session', final: 'done' }] },
    },
  })
  await bed.runner.start(asked).done
  const first = bed.runner.start({ ...asked, session: 's-1' })
  await expect.poll(() => bed.records().length).toBe(2)

  const second = await bed.runner.start({ ...asked, session: 's-1' }).done
  first.cancel()
  await first.done
  const third = await bed.runner.start({ ...asked, session: 's-1' }).done

  expect(second).toMatchObject({ success: false, error_class: 'invalid' })
  expect(second.error).toContain('another run goes on with this session')
  expect(third).toMatchObject({ success: true, output: 'hi' })
})

verifies('llm:run:session', 'a session goes on in the folder where it began', async () => {
  const stdout = line({ session: 's-1' }) + line({ text: 'hi' }) + line({ done: '' })
  const rules = [{ session: 'session' }, { delta: 'text' }, { final: 'done' }]
  await using bed = await openBed({
    scripts: [{ stdout }],
    program: {
      command: ['{resume_args}'],
      resumeArgs: ['--resume', '{session}'],
      events: { jsonl: rules.map((rule) => ({ when: {}, ...rule })) },
    },
  })

  const first = await bed.runner.start(asked).done
  const second = await bed.runner.start({ ...asked, session: first.session_id }).done

  expect([first, second]).toMatchObject([
    { success: true, output: 'hi', session_id: 's-1' },
    { success: true, output: 'hi', session_id: 's-1' },
  ])
  const [one, two] = bed.records()
  expect([one?.argv, two?.argv]).toEqual([[], ['--resume', 's-1']])
  expect(two?.cwd).toBe(one?.cwd)
  expectNothingLeft(bed)
})
