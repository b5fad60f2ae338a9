import { existsSync, realpathSync } from 'node:fs'
import { mkdir, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** Where all of them are. */
export const modules = realpathSync(resolve(import.meta.dirname, 'node_modules'))
const system = `${process.platform}-${process.arch}`

/** Where each program is that is installed; two are builds for this system, without the script that would choose one. */
const files = {
  codex: '@openai/codex/bin/codex.js',
  gemini: '@google/gemini-cli/bundle/gemini.js',
  opencode: `opencode-${system}/bin/opencode`,
  qwen: '@qwen-code/qwen-code/cli-entry.js',
  copilot: '@github/copilot/npm-loader.js',
  claude: `@anthropic-ai/claude-code-${system}/claude`,
} as const

export type ProgramName = keyof typeof files

/** Puts a program into a folder by the name that it has in a PATH. */
export async function linkProgram(name: ProgramName, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await symlink(programFile(name), join(folder, name))
}

/** Whether there is a build of a program for this system; where tests count, it has to be there. */
export function isHere(name: ProgramName): boolean {
  return process.env['CI'] !== undefined || existsSync(programFile(name))
}

export function programFile(name: ProgramName): string {
  return join(modules, files[name])
}
