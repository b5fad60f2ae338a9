import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'vitest'

import { runGantry } from '../cli/run-gantry.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { openInside } from './inside-bed.ts'

verifies(
  ['llm:inside:rest', 'llm:inside:detached'],
  'the command line runs programs in the gateway that runs, and reads and ends them there',
  async () => {
    await using bed = await openInside({
      fakes: {
        says: { scripts: [{ stdout: 'one two\n', pieceBytes: 1 }] },
        hangs: { scripts: [{ hangs: true }] },
        fails: { scripts: [{ stderr: 'it broke', exit: 3 }], entry: { maxRetries: 0 } },
      },
    })
    const { folder, url } = bed.gateway
    const llm = (...args: readonly string[]) =>
      runGantry(['llm', ...args, '--url', url], { cwd: folder, stdin: 'asked over a pipe' })

    const [said, failed, detached] = await Promise.all([
      llm('run', 'says', 'what', 'is', 'it'),
      llm('run', 'fails', 'x'),
      llm('run', 'hangs', 'x', '--detach'),
    ])
    const piped = await llm('run', 'says')
    const run = detached.stdout.trim()
    await expect.poll(() => bed.running('hangs').length).toBeGreaterThan(0)
    const listed = await llm('runs', '--json')
    const ended = await llm('cancel', run)
    await expect.poll(() => bed.running('hangs')).toEqual([])
    const [shown, status, unknown] = await Promise.all([
      llm('show', run),
      llm('status'),
      llm('show', 'no-such-run'),
    ])

    expect(said).toMatchObject({ code: 0, stdout: 'one two\n' })
    expect(piped.code).toBe(0)
    expect(bed.records('says').map(({ input }) => input)).toEqual([
      'what is it',
      'asked over a pipe',
    ])
    expect(failed).toMatchObject({ code: 1, stdout: '' })
    expect(failed.stderr).toMatch(/it broke\n {2}→ /)
    expect(JSON.parse(listed.stdout)).toMatchObject({
      runs: expect.arrayContaining([
        expect.objectContaining({ run_id: run, principal: 'local', state: 'running' }),
      ]),
    })
    expect(ended.code).toBe(0)
    expect(shown.stdout).toContain('it was cancelled')
    expect(status.stdout).toMatch(/^unknown {2}says /m)
    expect(unknown).toMatchObject({ code: 1, stdout: '' })
    expect(unknown.stderr).toContain('There is no run "no-such-run" of yours')
  },
  60_000,
)

verifies(
  'llm:inside:rest',
  'without a gateway the command line runs programs itself, and the journal is the same',
  async () => {
    await using folder = await createTempFolder()
    const config = { llm: { programs: { parrot: { command: ['cat'] } } }, listen: { port: 0 } }
    await writeFile(join(folder.path, 'gantry.json'), JSON.stringify(config))
    const llm = (...args: readonly string[]) =>
      runGantry(['llm', ...args], { cwd: folder.path, env: { XDG_STATE_HOME: folder.path } })

    const said = await llm('run', 'parrot', 'hello')
    const runs = await llm('runs')

    expect(said).toMatchObject({ code: 0, stdout: 'hello\n' })
    expect(runs.stdout).toMatch(/^\S+ {2}done {2}parrot {2}local {2}/)
  },
  60_000,
)
