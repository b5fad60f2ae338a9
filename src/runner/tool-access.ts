import type { LlmProgram } from '../contract/llm.ts'
import type { Environment } from '../processes/environment.ts'
import type { RunFolder } from './run-folder.ts'

/** The way of one run to tools; disposing of it closes the way. */
export interface ToolAccess extends Disposable {
  /** Where they are. */
  readonly url: string
  /** What opens the way, for this run only. */
  readonly key: string
}

/** Opens the way when the run begins, for at most so long. */
export type OpenTools = (runId: string, limitMs: number) => ToolAccess

export interface PlacedTools {
  readonly args: readonly string[]
  readonly env: Environment
}

const fileName = 'tools'

/** Tells a program where its tools are, in its own way; the key never stands among its arguments. */
export async function placeTools(
  { tools }: Pick<LlmProgram, 'tools'>,
  { url, key }: Pick<ToolAccess, 'url' | 'key'>,
  folder: Pick<RunFolder, 'write' | 'writeInside'>,
): Promise<PlacedTools> {
  if (!tools) return { args: [], env: {} }
  const fill = (text: string, file: string) =>
    text
      .replaceAll('{tools_url}', () => url)
      .replaceAll('{tools_key}', () => key)
      .replaceAll('{tools_file}', () => file)
  const { args, env, file, fileAt } = tools
  const write = (text: string) =>
    fileAt === undefined ? folder.write(fileName, text) : folder.writeInside(fileAt, text)
  const path = file === undefined ? '' : await write(fill(file, ''))
  return {
    args: args.map((arg) => fill(arg, path)),
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value, path)])),
  }
}
