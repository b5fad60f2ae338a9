import { defineConfig } from 'vitest/config'
import type { TestSpecification } from 'vitest/node'
import { BaseSequencer } from 'vitest/node'

/** Most of these wait: for programs to start, for deadlines to pass. */
const workers = 4

/** What takes long begins first, so that nothing is left to wait for alone at the end. */
const long = [
  'test/agents/fuzz.test.ts',
  'test/house/package.test.ts',
  'test/house/fresh-clone.test.ts',
  'test/agents/program.test.ts',
  'test/ends/killed-gateway.test.ts',
  'test/ends/killed-under-load.test.ts',
  'test/llm/many-runs.test.ts',
  'test/llm/programs/real-programs.test.ts',
]

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line no-array-sort -- this one belongs to the sequencer
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

function isLong({ moduleId }: TestSpecification): boolean {
  return long.some((one) => moduleId.endsWith(one))
}

const shared = {
  // Test files share a process per worker, so that hidden module state shows itself; it is faster too.
  pool: 'forks',
  isolate: false,
  hookTimeout: 30_000,
  // How long something takes on a busy machine is no defect.
  expect: { poll: { timeout: 20_000 } },
} as const

const heavy = [
  'test/agents/storm.test.ts',
  'test/door/overload.test.ts',
  'test/door/streams.test.ts',
  'test/ends/abort-cycles.test.ts',
  'test/faults/stdio-sizes.test.ts',
  'test/faults/mixed-load.test.ts',
  'test/faults/reload-under-load.test.ts',
  'test/faults/hung-server.test.ts',
  'test/faults/overload.test.ts',
]

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['src/**/*.test.ts'],
          testTimeout: 10_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'e2e',
          maxWorkers: workers,
          include: ['test/**/*.test.ts'],
          exclude: ['test/conformance/**', 'test/subjects/**', 'test/llm/programs/**', ...heavy],
          testTimeout: 30_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Each of these takes all cores, and measures or counts what another one beside it would disturb.
        test: {
          ...shared,
          name: 'load',
          include: heavy,
          testTimeout: 300_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
      {
        // Suites and programs of other people: installed first, and two files at a time.
        test: {
          ...shared,
          name: 'foreign',
          globalSetup: ['test/subjects/install.ts'],
          include: [
            'test/conformance/**/*.test.ts',
            'test/subjects/**/*.test.ts',
            'test/llm/programs/**/*.test.ts',
          ],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
