import { expect, test } from 'vitest'

import { startHttpFixture } from '../kit/conformance-fixture.ts'
import { runSuite } from './run-suite.ts'
import { active, requirements2025, requirements2026 } from './suites.ts'

const cells = [active, requirements2025, requirements2026].flatMap((suite) => [
  { suite, era: suite.era },
  { suite, era: 'dual' as const },
])

test.each(cells)('the $era fixture passes suite $suite.name by itself', async ({ suite, era }) => {
  await using fixture = await startHttpFixture(era)

  const scores = await runSuite(suite, Number(new URL(fixture.url).port))

  const scored = [...scores].filter(([scenario]) => suite.isScored(scenario))
  expect(scored).toHaveLength(suite.scoredCount)
  const complaints = scored.flatMap(([name, score]) => score.complaints.map((c) => `${name}: ${c}`))
  expect(complaints).toEqual([])
  expect(scored.filter(([, { passed }]) => passed === 0)).toEqual([])
})
