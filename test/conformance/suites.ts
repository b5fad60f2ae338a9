import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const installed = resolve(import.meta.dirname, '../subjects/node_modules')

/** One way of running one version of the official conformance suite against a server. */
export interface Suite {
  readonly name: string
  readonly program: string
  readonly args: readonly string[]
  /** The era its client speaks. */
  readonly era: 'legacy' | 'modern'
  /** How many scenarios count. */
  readonly scoredCount: number
  /** The scenarios that count; the suite runs a few more, to be known. */
  readonly isScored: (scenario: string) => boolean
}

export const active: Suite = {
  name: '0.1.16 active',
  program: programOf('conformance-016'),
  args: ['--suite', 'active'],
  era: 'legacy',
  scoredCount: 30,
  isScored: () => true,
}

export const requirements2025 = requirements('2025-11-25', 'legacy', 30)

export const requirements2026 = requirements('2026-07-28', 'modern', 37)

function requirements(revision: string, era: Suite['era'], scoredCount: number): Suite {
  return {
    name: `0.2.0-alpha.12 ${revision}`,
    program: programOf('conformance-020'),
    args: ['--requirements', revision],
    era,
    scoredCount,
    isScored: (scenario) => scoredServerScenarios(revision).has(scenario),
  }
}

function programOf(packageName: string): string {
  return join(installed, packageName, 'dist/index.js')
}

/** The `server:` list of the suite's own file of what a revision requires. */
function scoredServerScenarios(revision: string): ReadonlySet<string> {
  const file = join(installed, 'conformance-020/requirements', `${revision}.yaml`)
  const [, list = ''] =
    /^server:\n((?: +- .*\n|\s*#.*\n|\n)*)/m.exec(readFileSync(file, 'utf8')) ?? []
  return new Set([...list.matchAll(/^ +- (\S+)/gm)].map(([, name = '']) => name))
}
