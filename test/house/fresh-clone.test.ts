import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { expect } from 'vitest'
import { spawnUntilReady } from '../kit/spawned.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { createClone, run, shellEnvironment } from './clone.ts'

verifies(
  ['house:start:fresh-clone', 'house:start:embedded-default', 'house:start:first-call'],
  'npm start installs, builds and serves the example, and the call it prints works when pasted',
  async () => {
    await using clone = await createClone()
    await using folder = await createTempFolder()
    const home = path.join(folder.path, 'home')
    await mkdir(home)
    const env = definedIn({ ...shellEnvironment(), HOME: home, XDG_STATE_HOME: folder.path })

    await using npm = await spawnUntilReady({
      command: 'npm',
      args: ['start', '--', '--port', '0'],
      cwd: clone.root,
      env,
      readyWhen: /gantry call (.+)\n/,
      readyTimeoutMs: 240_000,
    })
    const pasted = /^\s*(?<line>\S*gantry call .+)$/m.exec(npm.stdout() + npm.stderr())?.groups
    const called = await run('sh', ['-c', pasted?.['line'] ?? 'false'], { cwd: clone.root, env })

    expect(npm.stdout()).toMatch(/http:\/\/127\.0\.0\.1:\d+\/mcp/)
    expect(called.stderr).toBe('')
    expect(called.stdout).not.toBe('')
    expect(called.code).toBe(0)
  },
  300_000,
)

function definedIn(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
