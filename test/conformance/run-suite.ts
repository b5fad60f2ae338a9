import { execFile } from 'node:child_process'
import { glob, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import * as z from 'zod'

import { bareEnvironment } from '../kit/bare-environment.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import type { Suite } from './suites.ts'

/** What one scenario's checks came to. */
export interface ScenarioScore {
  readonly passed: number
  readonly failed: number
  readonly warned: number
  readonly other: number
  /** Why checks failed or warned, in the suite's own words. */
  readonly complaints: readonly string[]
}

/** Scenario name to score. */
export type SuiteScores = ReadonlyMap<string, ScenarioScore>

const checksSchema = z.array(
  z.object({
    id: z.string(),
    status: z.enum(['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO']),
    errorMessage: z.string().optional(),
  }),
)

/** Runs every scenario of a suite against the server at `port`, in one process, and reads the files it writes. */
export async function runSuite(
  suite: Suite,
  port: number,
  timeoutMs = 100_000,
): Promise<SuiteScores> {
  await using folder = await createTempFolder()
  const output = join(folder.path, 'scores')
  // The suites test the guard against DNS rebinding, for which the address has to be spelled like this.
  const url = `http://localhost:${port}/mcp`
  await run([suite.program, 'server', '--url', url, ...suite.args, '-o', output], {
    home: folder.path,
    timeoutMs,
  })

  const scores = new Map<string, ScenarioScore>()
  for await (const file of glob(join(output, '*/checks.json'))) {
    const scenario = scenarioOf(basename(dirname(file)))
    scores.set(scenario, scoreOf(checksSchema.parse(JSON.parse(await readFile(file, 'utf8')))))
  }
  return scores
}

/** A folder is named `server-<scenario>-<time>`. */
function scenarioOf(folder: string): string {
  return folder.replace(/^server-/, '').replace(/-\d{4}-\d{2}-\d{2}T[\d-]+Z$/, '')
}

function scoreOf(checks: z.infer<typeof checksSchema>): ScenarioScore {
  const count = (...statuses: readonly string[]): number =>
    checks.filter(({ status }) => statuses.includes(status)).length
  return {
    passed: count('SUCCESS'),
    failed: count('FAILURE'),
    warned: count('WARNING'),
    other: count('SKIPPED', 'INFO'),
    complaints: checks
      .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
      .map(({ id, errorMessage = '' }) => `${id}: ${errorMessage}`),
  }
}

/** The exit code says no more than the files do: it is 1 when any scenario fails, scored or not. */
function run(
  args: readonly string[],
  { home, timeoutMs }: { readonly home: string; readonly timeoutMs: number },
): Promise<void> {
  const options = { cwd: home, env: bareEnvironment(home), timeout: timeoutMs, maxBuffer: 2 ** 26 }
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [...args], options, (error, _stdout, stderr) => {
      if (error?.killed) reject(new Error(`The suite took longer than ${timeoutMs} ms`))
      else if (error && error.code !== 1) reject(new Error(stderr, { cause: error }))
      else resolve()
    })
  })
}
