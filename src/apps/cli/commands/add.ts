import { dirname, relative, resolve, sep } from 'node:path'

import { GatewayError } from '../../../contract/gateway-error.ts'
import { addServer } from '../../config/edit.ts'
import type { ServerEntry } from '../../config/edit.ts'
import { findConfig, homeConfig } from '../../config/load.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'
import { afterEdit } from './after-edit.ts'

export interface AddOptions {
  readonly openapi?: string
  readonly baseUrl?: string
  readonly header?: readonly string[]
  readonly env?: readonly string[]
  readonly cwd?: string
}

export interface Adding {
  readonly name: string
  /** A command with its arguments, or one URL. */
  readonly target: readonly string[]
  readonly options: AddOptions
}

/** Writes a server into the configuration, which is created where there is none. */
export async function add(context: Context, adding: Adding): Promise<ExitCode> {
  const { shell, options } = context
  const file = (await findConfig({ ...shell, flag: options.config })) ?? homeConfig(shell.home)
  await addServer(file, adding.name, entryOf(adding, { file, cwd: shell.cwd }))
  await afterEdit(context, { file, name: adding.name, done: 'Added', isChanged: true })
  return exitCodes.done
}

interface Where {
  /** The configuration that is edited. */
  readonly file: string
  readonly cwd: string
}

function entryOf({ name, target, options }: Adding, where: Where): ServerEntry {
  if (options.openapi !== undefined) return serviceEntry(options.openapi, target, options, where)
  if (options.baseUrl !== undefined) throw usage('--base-url is for --openapi', 'Add --openapi.')
  const [first, ...rest] = target
  const isUrl = first !== undefined && /^[a-z][a-z0-9+.-]*:\/\//i.test(first)
  if (first === undefined || (isUrl && rest.length > 0)) {
    throw usage(
      isUrl ? 'A URL stands alone' : `No command and no URL is given for "${name}"`,
      `Write \`gantry add ${name} URL\`, \`gantry add ${name} -- COMMAND ARGUMENTS\` or \`gantry add ${name} --openapi FILE_OR_URL\`.`,
    )
  }
  const { header = [], env = [], cwd } = options
  if (isUrl) {
    if (env.length > 0 || cwd !== undefined) {
      throw usage('--env and --cwd are for a command, not for a URL', 'Use --header for a URL.')
    }
    return { url: first, ...(header.length > 0 ? { headers: pairs(header, '--header') } : {}) }
  }
  if (header.length > 0) throw usage('--header is for a URL, not for a command', 'Use --env.')
  return {
    command: first,
    ...(rest.length > 0 ? { args: rest } : {}),
    ...(env.length > 0 ? { env: pairs(env, '--env') } : {}),
    ...(cwd === undefined ? {} : { cwd }),
  }
}

function serviceEntry(
  openapi: string,
  target: readonly string[],
  { header = [], env = [], cwd, baseUrl }: AddOptions,
  where: Where,
): ServerEntry {
  if (target.length > 0 || env.length > 0 || cwd !== undefined) {
    throw usage(
      '--openapi stands alone: a service has no command, no --env and no --cwd',
      'Use --header and --base-url for a service.',
    )
  }
  return {
    openapi: /^[a-z][a-z0-9+.-]*:\/\//i.test(openapi) ? openapi : fileFor(openapi, where),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(header.length > 0 ? { headers: pairs(header, '--header') } : {}),
  }
}

/** As it is written in the configuration: from its folder where it lies below that, else whole. */
function fileFor(written: string, { file, cwd }: Where): string {
  const path = resolve(cwd, written)
  const below = relative(dirname(file), path)
  return below === '' || below.split(sep)[0] === '..' || resolve(below) === below ? path : below
}

function pairs(written: readonly string[], flag: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    written.map((pair) => {
      const match = /^([^=:\s]+)\s*[=:]\s*([^]*)$/.exec(pair)
      const [, key, value] = match ?? []
      if (key === undefined || value === undefined) {
        throw usage(`"${key ?? ''}" after ${flag} has no value`, `Write ${flag} NAME=VALUE.`)
      }
      return [key, value]
    }),
  )
}

function usage(problem: string, remedy: string): GatewayError {
  return new GatewayError('usage_invalid', { problem, remedy })
}
