import { readFileSync, statSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { readConfig, readServer } from '../../contract/config/read.ts'
import type { Config, ConfiguredServer } from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { reasonOf } from './file-errors.ts'
import { invalid } from './document.ts'
import { parseConfig } from './parse.ts'
import { stampOf } from './stamp.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface FindOptions {
  /** What follows `--config`. */
  readonly flag?: string | undefined
  readonly env: Environment
  readonly cwd: string
  readonly home: string
}

/** What runs: the configuration, the absolute path of its file if there is one, and what was kept out. */
export interface LoadedConfig {
  readonly config: Config
  readonly path?: string
  readonly warnings: readonly string[]
  /** By native path in JSON: the text as written where something was expanded. */
  readonly expanded?: ReadonlyMap<string, string>
  /** Tells later whether the file is still the one that was read. */
  readonly stamp?: string
  /** Where a file is used as soon as there is one; the last place is where one is made. */
  readonly awaited?: readonly string[]
}

export interface LoadOptions {
  readonly env: Environment
  /** The running Node, which also runs the example server of the embedded default. */
  readonly execPath: string
  /** The one part of the file that is read. */
  readonly only?: 'llm' | undefined
}

const referencedFileLimitBytes = 1_048_576
const configLimitBytes = 16_777_216

/** The file to use: named ones as they are, else the first that exists, else none. */
export async function findConfig(options: FindOptions): Promise<string | undefined> {
  const { flag, env, cwd, home } = options
  const named = flag ?? (env['GANTRY_CONFIG'] || undefined)
  if (named !== undefined) return resolve(cwd, named)
  for (const path of configPlaces({ cwd, home })) {
    if (await isThere(path)) return path
  }
  return undefined
}

/** Where a file is looked for when none is named. */
export function configPlaces({ cwd, home }: Pick<FindOptions, 'cwd' | 'home'>): readonly string[] {
  return [join(cwd, 'gantry.json'), homeConfig(home)]
}

/** Where `gantry add` writes when there is no file yet. */
export function homeConfig(home: string): string {
  return join(home, '.config', 'gantry', 'gantry.json')
}

/** Reads and checks a configuration file; without a path, the embedded default. */
export async function loadConfig(
  path: string | undefined,
  options: LoadOptions,
): Promise<LoadedConfig> {
  if (path === undefined) return { config: defaultConfig(options.execPath), warnings: [] }
  const folder = dirname(path)
  const stamp = await stampOf(path).catch(() => undefined)
  const { text } = await readConfigText(path)
  const { config, warnings, expanded } = parseConfig(text, {
    file: path,
    env: options.env,
    only: options.only,
    readFile: (name) => readReferenced(resolve(folder, name)),
    exists: (name) => statSync(resolve(folder, name), { throwIfNoEntry: false }) !== undefined,
  })
  const servers = config.servers.map((server) => withFolder(server, folder))
  const loaded = { config: { ...config, servers }, path, warnings, expanded }
  return stamp === undefined ? loaded : { ...loaded, stamp }
}

/** A configuration file's text, without the byte order mark some editors put in front. */
export interface ConfigText {
  readonly text: string
  readonly hasMark: boolean
}

/** Reads a configuration file; one that is not UTF-8 is refused, not guessed at. */
export async function readConfigText(path: string): Promise<ConfigText> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new GatewayError('config_unreadable', { file: path, reason: reasonOf(cause) }, { cause })
  })
  if (bytes.length > configLimitBytes) {
    const problem = `the file has more than ${configLimitBytes} bytes`
    throw invalid(path, '', [{ offset: 0, problem }])
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const hasMark = text.startsWith('\uFEFF')
    return { text: hasMark ? text.slice(1) : text, hasMark }
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw invalid(path, '', [
      { offset: 0, problem: 'the file is not UTF-8 text: save it as UTF-8' },
    ])
  }
}

function defaultConfig(execPath: string): Config {
  const { config, problems } = readConfig({}, { env: {}, readFile: () => '' })
  if (!config) throw new Error(problems.map(({ problem }) => problem).join('\n'))
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const program = fileURLToPath(new URL(`../example-server/main.${extension}`, import.meta.url))
  const example = readServer('example', { command: execPath, args: [program] })
  return { ...config, servers: [example] }
}

function withFolder(server: ConfiguredServer, folder: string): ConfiguredServer {
  if (server.transport === 'openapi') {
    const isUrl = /^https?:\/\//i.test(server.openapi)
    return isUrl ? server : { ...server, openapi: resolve(folder, server.openapi) }
  }
  if (server.transport !== 'stdio' || server.cwd === undefined) return server
  return { ...server, cwd: resolve(folder, server.cwd) }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    // A file that exists but cannot be looked at is reported when it is read.
    (cause: unknown) => !(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'),
  )
}

/** Only plain files: a pipe or a terminal would never end. */
function readReferenced(path: string): string {
  try {
    const stats = statSync(path)
    if (!stats.isFile()) throw new Error('it is not a plain file')
    if (stats.size > referencedFileLimitBytes) throw new Error('it is larger than 1 MiB')
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Error(reasonOf(cause), { cause })
  }
}
