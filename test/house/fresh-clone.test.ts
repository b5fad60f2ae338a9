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
      readyWhen: /^ {2}ready /m,
      readyTimeoutMs: 240_000,
    })
    const lines = npm.stdout().split('\n')
    const pasted = lines.filter((line) => /^ {2}(?:\.\/bin\/gantry|curl) /.test(line))
    const [byGantry, byCurl] = await Promise.all(
      pasted.map((line) => run('sh', ['-c', line], { cwd: clone.root, env })),
    )

    expect(npm.stdout()).toMatch(/http:\/\/127\.0\.0\.1:\d+\/mcp/)
    expect(byGantry).toEqual({ code: 0, stdout: '5\n', stderr: '' })
    expect(byCurl?.code).toBe(0)
    expect(JSON.parse(byCurl?.stdout ?? '')).toMatchObject({
      tool_name: 'add',
      is_error: false,
      content: [{ type: 'text', text: '5' }],
    })
  },
  300_000,
)

function definedIn(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
