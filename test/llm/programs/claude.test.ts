import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { describe, expect } from 'vitest'

import { claude } from '../../../src/runner/programs/claude.ts'
import { createTempFolder } from '../../kit/temp-folder.ts'
import { verifies } from '../../requirements/verifies.ts'
import { isHere, programFile } from './installed.ts'

const run = promisify(execFile)

describe.skipIf(!isHere('claude'))('claude', () => {
  verifies('llm:real:claude', 'tells its version and knows all that it is given', async () => {
    await using home = await createTempFolder()
    const ask = async (argument: string) => {
      const env = { PATH: '/usr/bin:/bin', HOME: home.path, DISABLE_AUTOUPDATER: '1' }
      return (await run(programFile('claude'), [argument], { env, cwd: home.path })).stdout
    }

    const [version, help] = await Promise.all([ask('--version'), ask('--help')])

    expect(version).toMatch(/^2\.\d+\.\d+ \(Claude Code\)/)
    expect(flags).toEqual(expect.arrayContaining(['-p', '--output-format', '--json-schema']))
    const unknown = flags.filter((flag) => !isIn(help, flag))
    expect(unknown).toEqual([])
    expect(isIn(help, '--no-such-flag')).toBe(false)
    for (const value of ['stream-json', 'dontAsk', 'acceptEdits']) expect(help).toContain(value)
  })
})

/** Every flag in our description of it. */
const flags = [
  claude.command,
  claude.streamArgs,
  claude.modelArgs,
  claude.resumeArgs,
  claude.schemaArgs,
  claude.permissions?.safe?.args,
  claude.permissions?.edit?.args,
  claude.tools?.args,
  claude.versionArgs,
]
  .flatMap((args) => args ?? [])
  .filter((arg) => arg.startsWith('-'))

/** The help begins a line with the names of an option, or has them in a sentence. */
function isIn(help: string, flag: string): boolean {
  return help.split(/[\s,=<[\]()'"`]+/).includes(flag)
}
