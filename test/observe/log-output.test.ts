import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { inTempFolder } from '../kit/temp-folder.ts'

const source = resolve(import.meta.dirname, '../../src')

/** A program that logs `count` lines and ends as `ending` says. */
async function program(folder: string, count: number, ending: string): Promise<string> {
  const file = join(folder, 'program.ts')
  const lines = [
    `import { createLog } from '${source}/apps/gateway/log.ts'`,
    `import { readConfig } from '${source}/contract/config/read.ts'`,
    `const { config } = readConfig({}, { env: {}, readFile: () => '' })`,
    `if (!config) throw new Error('no configuration')`,
    `const log = createLog({ config, warnings: [] }, { isTerminal: false })`,
    `for (let at = 0; at < ${count}; at++) log.info('line', { at, pad: 'x'.repeat(1000) })`,
    ending,
  ]
  await writeFile(file, lines.join('\n'))
  return file
}

const numbersIn = (said: string): readonly unknown[] =>
  said
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line).at)
    .toSorted((one, other) => one - other)

test(
  'what was logged last is there however the program ends',
  inTempFolder(async (folder) => {
    for (const ending of ['', 'process.exit(3)', 'throw new Error("unforeseen")']) {
      const child = spawn(process.execPath, [await program(folder, 200, ending)])
      const [said] = await Promise.all([text(child.stderr), once(child, 'close')])

      expect(numbersIn(said), ending).toEqual(Array.from({ length: 200 }, (_, at) => at))
    }
  }),
)

test(
  'a reader that does not read holds the program up in nothing',
  inTempFolder(async (folder) => {
    const file = await program(
      folder,
      3000,
      'process.stdout.write("done")\nsetInterval(() => {}, 1000)',
    )
    const child = spawn(process.execPath, [file])
    child.stdout.setEncoding('utf8')
    try {
      const [said] = await once(child.stdout, 'data')

      expect(said).toBe('done')
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }),
)

test(
  'a reader that is gone ends nothing',
  inTempFolder(async (folder) => {
    const ending = 'setTimeout(() => { log.error("late"); process.exit(5) }, 500)'
    const child = spawn(process.execPath, [await program(folder, 10, ending)])
    child.stderr.destroy()

    expect(await once(child, 'exit')).toEqual([5, null])
  }),
)
