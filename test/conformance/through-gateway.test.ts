import { expect } from 'vitest'

import { fixtureOverStdio, startHttpFixture } from '../kit/conformance-fixture.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { runSuite, type SuiteScores } from './run-suite.ts'
import { active, requirements2025, requirements2026, type Suite } from './suites.ts'

for (const transport of ['stdio', 'http'] as const) {
  verifies('surface:conformance:0.1.16', `over ${transport}`, () => compare(active, transport))
  verifies('surface:conformance:2025-11-25', `over ${transport}`, () =>
    compare(requirements2025, transport),
  )
  verifies('surface:conformance:2026-07-28', `over ${transport}`, () =>
    compare(requirements2026, transport),
  )
}

/** Runs a suite on the fixture itself and through the gateway, both sides in the suite's era. */
async function compare(suite: Suite, transport: 'stdio' | 'http'): Promise<void> {
  await using fixture = await startHttpFixture(suite.era)
  const direct = await scoreDirectly(suite, Number(new URL(fixture.url).port))
  const server = transport === 'stdio' ? fixtureOverStdio(suite.era) : { url: fixture.url }
  await using gateway = await startGateway({ servers: { fixture: server } })

  const through = await runSuite(suite, gateway.port)

  const passing = [...direct].filter(
    ([scenario, { failed, warned }]) => suite.isScored(scenario) && failed + warned === 0,
  )
  const asScored = passing.map(([scenario]) => [scenario, through.get(scenario)])
  expect(Object.fromEntries(asScored)).toEqual(Object.fromEntries(passing))
  expect(passing).toHaveLength(suite.scoredCount)
}

const known = new Map<string, Promise<SuiteScores>>()

/** What the fixture scores by itself, found once for each suite. */
function scoreDirectly(suite: Suite, port: number): Promise<SuiteScores> {
  const scores = known.get(suite.name) ?? runSuite(suite, port)
  known.set(suite.name, scores)
  return scores
}
