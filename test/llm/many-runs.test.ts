import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import { openBed } from './bed.ts'
import type { FakeScript } from './fixtures/fake-program.ts'

const kinds: readonly FakeScript[] = [
  { stdout: 'fine', litters: true },
  { hangs: true, litters: true },
  { hangs: true, ignoresTerm: true, litters: true },
  { exit: 4, grandchild: 'child', litters: true },
  { floodBytes: 3_000_000 },
  { stdout: 'fine', grandchild: 'daemon' },
  { closesInput: true, stdout: 'fine' },
  { readsInput: false, stdout: 'fine' },
]
const count = 100

verifies(
  'llm:run:leaves-nothing',
  'a hundred runs of every kind leave no process, no folder and no file',
  async () => {
    const before = readdirSync(tmpdir())
    const scripts = Array.from({ length: count }, (_, index) => kinds[index % kinds.length] ?? {})
    await using bed = await openBed({
      scripts,
      program: { maxConcurrent: 6, outputBytes: 1_000_000 },
    })

    const runs = scripts.map((_, index) =>
      bed.runner.start({
        program: 'fake',
        prompt: 'x'.repeat(index * 1000),
        timeoutMs: 3000,
      }),
    )
    for (const [index, run] of runs.entries()) {
      if (index % 7 === 3) void run.done.then(() => runs[index + 1]?.cancel())
    }
    const results = await Promise.all(runs.map(({ done }) => done))

    const classes = new Set(results.map((result) => result.error_class ?? 'answered'))
    expect([...classes].toSorted()).toEqual(
      expect.arrayContaining(['answered', 'cancelled', 'failed', 'output_limit', 'timeout']),
    )
    expect(bed.running()).toEqual([])
    expect(bed.leftFolders()).toEqual([])
    const made = readdirSync(tmpdir()).filter((name) => !before.includes(name))
    expect(made.filter((name) => name.includes('llm') || name.includes('fake'))).toEqual([])
  },
  180_000,
)
