import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { bareEnvironment } from '../../kit/bare-environment.ts'

/** Runs another maker's program with an empty environment and gives the JSON it prints. */
export async function runProgram(args: readonly string[], home: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [...args], {
    cwd: home,
    env: bareEnvironment(home),
    timeout: 30_000,
  })
  return JSON.parse(stdout)
}
