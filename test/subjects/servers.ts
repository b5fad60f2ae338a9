import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A real server: how it starts, and one call with an answer that does not change from run to run. */
export interface Subject {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly tool: string
  readonly arguments: Readonly<Record<string, unknown>>
}

/** Writes what the servers work on into `folder`. */
export async function prepareSubjects(folder: string): Promise<readonly Subject[]> {
  const notes = join(folder, 'notes')
  await mkdir(notes)
  await writeFile(join(notes, 'harbour.js'), 'undeclared()\n')
  await writeFile(join(notes, 'eslint.config.mjs'), linterSettings)
  const graph = join(folder, 'graph.jsonl')
  await writeFile(graph, JSON.stringify(entity))
  await promisify(execFile)('git', ['init', '--quiet', '--initial-branch', 'trunk', notes])

  return [
    official('everything', 'server-everything', { args: ['stdio'] }).calls('echo', {
      message: 'hello',
    }),
    official('files', 'server-filesystem', { args: [notes] }).calls('list_directory', {
      path: notes,
    }),
    official('memory', 'server-memory', { env: { MEMORY_FILE_PATH: graph } }).calls(
      'search_nodes',
      { query: 'harbour' },
    ),
    official('thinking', 'server-sequential-thinking').calls('sequentialthinking', {
      thought: 'one step',
      nextThoughtNeeded: false,
      thoughtNumber: 1,
      totalThoughts: 1,
    }),
    official('budget', 'server-budget-allocator', { args: ['--stdio'] }).calls(
      'get-budget-data',
      {},
    ),
    installed('hello', 'mcp-hello-world/build/stdio.js').calls('add', { a: 2, b: 3 }),
    installed('git', '@cyanheads/git-mcp-server/dist/index.js', {
      env: { LOGS_DIR: join(folder, 'logs') },
    }).calls('git_status', { path: notes }),
    installed('linter', '@eslint/mcp/src/mcp-cli.js').calls('lint-files', {
      filePaths: [join(notes, 'harbour.js')],
    }),
  ].map((subject) => ({ ...subject, env: { HOME: folder, ...subject.env } }))
}

/** The `servers` part of a gateway's configuration. */
export function toServers(
  subjects: readonly Subject[],
): Readonly<Record<string, Pick<Subject, 'command' | 'args' | 'env'>>> {
  return Object.fromEntries(
    subjects.map(({ name, command, args, env }) => [name, { command, args, env }]),
  )
}

const linterSettings = `export default [{ rules: { 'no-undef': 'error' } }]\n`

const entity = {
  type: 'entity',
  name: 'harbour',
  entityType: 'place',
  observations: ['has a gantry crane'],
}

interface StartOptions {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

function official(
  name: string,
  packageName: string,
  options?: StartOptions,
): ReturnType<typeof installed> {
  return installed(name, `@modelcontextprotocol/${packageName}/dist/index.js`, options)
}

function installed(
  name: string,
  program: string,
  { args = [], env = {} }: StartOptions = {},
): { calls(tool: string, args: Readonly<Record<string, unknown>>): Subject } {
  const path = join(import.meta.dirname, 'node_modules', program)
  const start = { name, command: process.execPath, args: [path, ...args], env }
  return { calls: (tool, callArguments) => ({ ...start, tool, arguments: callArguments }) }
}
