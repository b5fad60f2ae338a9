import { join, resolve } from 'node:path'

import type { ServedEras } from '../fixtures/conformance/era.ts'
import { bareEnvironment } from './bare-environment.ts'
import { spawnUntilReady, type Spawned } from './spawned.ts'
import { createTempFolder } from './temp-folder.ts'

const main = resolve(import.meta.dirname, '../fixtures/conformance/main.ts')

/** A gateway's `servers` entry that starts the fixture as its child. */
export function fixtureOverStdio(era: ServedEras): {
  readonly command: string
  readonly args: readonly string[]
} {
  return { command: process.execPath, args: [main, '--transport', 'stdio', '--era', era] }
}

export interface HttpFixtureProcess extends AsyncDisposable {
  readonly url: string
  readonly stderr: Spawned['stderr']
}

/** The fixture as a process of its own, on a free port. */
export async function startHttpFixture(era: ServedEras): Promise<HttpFixtureProcess> {
  await using undo = new AsyncDisposableStack()
  const { path } = undo.use(await createTempFolder())
  const fixture = undo.use(
    await spawnUntilReady({
      command: process.execPath,
      args: [main, '--transport', 'http', '--era', era],
      cwd: path,
      env: bareEnvironment(join(path)),
      readyWhen: /listening on (\S+)/,
    }),
  )

  const url = fixture.ready[1] ?? ''
  const cleanup = undo.move()
  return { url, stderr: fixture.stderr, [Symbol.asyncDispose]: () => cleanup.disposeAsync() }
}
