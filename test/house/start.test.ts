import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect } from 'vitest'
import { descendantsOf, survivorsOf } from '../kit/process-tree.ts'
import { verifies } from '../requirements/verifies.ts'
import { createSmallClone, programOf, run, shellEnvironment } from './clone.ts'

const printsArguments = `console.log(JSON.stringify(process.argv.slice(2)))`
const waits = `console.log('up', process.pid); setInterval(() => {}, 1000)`

verifies(
  ['house:start:talks-on-stderr', 'house:start:any-folder'],
  'the first start builds, and stdout holds what the program printed and nothing else',
  async () => {
    await using clone = await createSmallClone(printsArguments)
    const link = path.join(clone.root, 'link to gantry')
    await symlink('bin/gantry', link)

    const first = await run(link, ['call', 'a b', '$HOME'], { cwd: '/' })
    const second = await run(path.join(clone.root, 'bin/gantry'), [])

    expect(first).toMatchObject({ code: 0, stdout: '["call","a b","$HOME"]\n' })
    expect(first.stderr).toContain('building')
    expect(second).toEqual({ code: 0, stdout: '[]\n', stderr: '' })
  },
)

verifies('house:start:rebuilds', 'a changed source file is what the next start runs', async () => {
  await using clone = await createSmallClone(printsArguments)
  const gantry = path.join(clone.root, 'bin/gantry')
  await run(gantry, [])

  await writeFile(programOf(clone), `console.log('changed')`)
  // As a file has that was put back from a copy.
  await utimes(programOf(clone), 0, 0)
  const changed = await run(gantry, [])
  const later = await run(gantry, [])

  expect(changed).toMatchObject({ code: 0, stdout: 'changed\n' })
  expect(later.stderr).toBe('')
})

verifies('house:start:concurrent', 'starts that need the set-up at once build once', async () => {
  await using clone = await createSmallClone(printsArguments)
  // Left by a start that was killed.
  await mkdir(path.join(clone.root, '.cache'))
  await writeFile(path.join(clone.root, '.cache/setup.lock'), '4194304')

  const starts = await Promise.all(
    ['a', 'b', 'c'].map((name) => run(path.join(clone.root, 'bin/gantry'), [name])),
  )

  expect(starts.map(({ stdout }) => stdout)).toEqual(['["a"]\n', '["b"]\n', '["c"]\n'])
  expect(starts.filter(({ stderr }) => stderr.includes('building'))).toHaveLength(1)
})

verifies(
  'house:start:concurrent',
  'what a killed set-up left running is waited for before another one begins',
  async () => {
    await using clone = await createSmallClone(printsArguments)
    const installer = spawn('sleep', ['600'])
    await once(installer, 'spawn')
    await mkdir(path.join(clone.root, '.cache'))
    await writeFile(path.join(clone.root, '.cache/setup.lock'), `4194304 ${installer.pid}`)

    const start = spawn(path.join(clone.root, 'bin/gantry'), ['a'], { env: shellEnvironment() })
    const ended = once(start, 'exit')
    let told = ''
    for await (const text of start.stderr) {
      told += String(text)
      if (told.includes('waiting for another start')) installer.kill()
    }

    expect(await ended).toEqual([0, null])
    expect(told).toMatch(/waiting for another start[^\n]*\n.*building/)
  },
)

verifies(
  'house:start:concurrent',
  'a set-up that was killed in a container does not hold up the next one, whoever has its number here',
  async () => {
    await using clone = await createSmallClone(printsArguments)
    const lock = path.join(clone.root, '.cache/setup.lock')
    await mkdir(path.join(clone.root, '.cache'))
    await writeFile(lock, `${process.pid} pid:[1]`)
    await utimes(lock, 0, 0)

    const start = await run(path.join(clone.root, 'bin/gantry'), ['a'])

    expect(start.stdout).toBe('["a"]\n')
    expect(start.stderr).not.toContain('waiting')
  },
)

verifies('house:start:rebuilds', 'a source file that cannot be built stops the start', async () => {
  await using clone = await createSmallClone(printsArguments)
  const gantry = path.join(clone.root, 'bin/gantry')
  await run(gantry, [])

  await writeFile(programOf(clone), `console.log(`)
  const broken = await run(gantry, [])

  expect(broken).toMatchObject({ code: 1, stdout: '' })
  expect(broken.stderr).toMatch(/main\.ts.*\n(?:.*\n)*→ /)
})

verifies('house:start:signals', 'SIGTERM and SIGINT to npm start end what it started', async () => {
  await using clone = await createSmallClone(waits)
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    const npm = spawn('npm', ['start', '--', '--port', '0'], {
      cwd: clone.root,
      env: shellEnvironment(),
    })
    npm.stdout.setEncoding('utf8')
    // npm itself prints the command, which has an "up" in it too; and what nobody reads any more would end it.
    await new Promise<void>((resolve) => {
      npm.stdout.on('data', (text) => {
        if (/^up \d/m.test(String(text))) resolve()
      })
    })
    const below = descendantsOf(npm.pid ?? 0)
    npm.kill(signal)
    const [exitCode, by] = await once(npm, 'exit')

    expect(below.length).toBeGreaterThan(0)
    expect(survivorsOf(below)).toEqual([])
    // A shell shows both the same way.
    expect(exitCode ?? 128 + constants.signals[signal]).toBe(code)
    expect([null, signal]).toContain(by)
  }
})
