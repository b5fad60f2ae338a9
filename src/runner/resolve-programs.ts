import type { LlmProgram, LlmProgramConfig } from '../contract/llm.ts'
import { nearest } from '../kit/nearest.ts'
import { problemsOf } from './check-template.ts'
import { builtins } from './programs/builtins.ts'

export interface ResolvedPrograms {
  readonly programs: ReadonlyMap<string, LlmProgram>
  /** What is wrong with the configuration of programs, as whole sentences; these are left out. */
  readonly problems: readonly string[]
}

const nothing = { args: [], env: {} }

const standard = {
  enabled: true,
  promptVia: 'stdin',
  ownCommands: [],
  streamArgs: [],
  jsonArgs: [],
  modelArgs: [],
  resumeArgs: [],
  schemaArgs: [],
  events: 'text',
  env: {},
  passEnv: [],
  removeEnv: [],
  ownFolderEnv: {},
  category: 'normal',
  idleTimeoutMs: 300_000,
  maxRetries: 3,
  retryDelayMs: 2000,
  maxConcurrent: 4,
  maxQueued: 100,
  outputBytes: 16_777_216,
  limits: {},
  exitCodes: {},
  rateLimit: [],
  auth: [],
} as const satisfies LlmProgramConfig

/** The built-in programs as the configuration changes them, and those it adds. */
export function resolvePrograms(
  configured: Readonly<Record<string, LlmProgramConfig>>,
): ResolvedPrograms {
  const names = new Set([...Object.keys(builtins), ...Object.keys(configured)])
  const programs = new Map<string, LlmProgram>()
  const problems: string[] = []
  for (const name of names) {
    const entry = Object.hasOwn(configured, name) ? configured[name] : undefined
    if (entry?.enabled === false) continue
    const resolved = resolve(name, entry)
    if (typeof resolved === 'string') problems.push(resolved)
    else programs.set(name, resolved)
  }
  return { programs, problems }
}

function resolve(name: string, entry: LlmProgramConfig = {}): LlmProgram | string {
  const { like, ...own } = entry
  const model = like ?? name
  const built = Object.hasOwn(builtins, model) ? builtins[model] : undefined
  if (like !== undefined && !built) return unknownModel(name, like)
  const {
    permissions = {},
    command = [],
    sandbox: _,
    kind,
    baseUrl,
    apiKey,
    ...rest
  } = {
    ...built,
    ...own,
  }
  const isApi = kind === 'openai-api'
  const misplaced = isApi ? problemOfApi({ command, baseUrl }) : problemOfKind({ baseUrl, apiKey })
  if (misplaced !== undefined) return `llm.programs.${name} ${misplaced}`
  if (!isApi && command.length === 0) {
    return `llm.programs.${name} has no command: write the program and its arguments as a list`
  }
  const program: LlmProgram = {
    ...standard,
    ...rest,
    command,
    name,
    permissions: { safe: nothing, edit: nothing, ...permissions },
    sandbox: { read: [], write: [], ...built?.sandbox, ...own.sandbox },
    ...(baseUrl !== undefined && { api: { baseUrl, apiKey } }),
  }
  const [problem] = isApi ? [] : problemsOf(program)
  return problem === undefined ? program : `llm.programs.${name}: ${problem}`
}

interface ApiWords {
  readonly command: readonly string[]
  readonly baseUrl: string | undefined
  readonly apiKey: string | undefined
}

function problemOfApi({ command, baseUrl }: Omit<ApiWords, 'apiKey'>): string | undefined {
  if (command.length > 0) return 'is an API and takes no command'
  return baseUrl === undefined
    ? 'has no baseUrl: write where the API is, as "https://api.openai.com/v1"'
    : undefined
}

function problemOfKind({ baseUrl, apiKey }: Omit<ApiWords, 'command'>): string | undefined {
  return baseUrl === undefined && apiKey === undefined
    ? undefined
    : 'has a baseUrl or an apiKey, which "kind": "openai-api" has'
}

function unknownModel(name: string, like: string): string {
  const meant = nearest(like, Object.keys(builtins))
  const advice = meant === undefined ? Object.keys(builtins).join(', ') : `did you mean "${meant}"?`
  return `llm.programs.${name}.like is "${like}", which is no built-in program: ${advice}`
}
