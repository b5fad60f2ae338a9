import { realpath } from 'node:fs/promises'

import { GatewayError } from '../../../contract/gateway-error.ts'
import { GatewayStatus } from '../../../contract/status.ts'
import { isRecord } from '../../../kit/is-record.ts'
import { configPlaces, findConfig, loadConfig } from '../../config/load.ts'
import type { LoadOptions, LoadedConfig } from '../../config/load.ts'
import type { LocalOptions } from '../../gateway/local.ts'
import type { GatewayLink } from '../link.ts'
import { plain } from '../print/plain.ts'
import type { Context } from '../shell.ts'
import { exchange, wholeText } from './exchange.ts'
import { baseUrl, httpLink } from './http.ts'
import { localLink } from './local.ts'

// Only a gateway on this machine is asked: it is not there, or answers at once unless the machine is busy.
const patienceMs = 2000

/** The named gateway, else the one that runs on the same configuration, else one of our own. */
export async function openLink(context: Context): Promise<GatewayLink> {
  return linkTo(context, await findGateway(context))
}

/** The way to a gateway that runs, or one of our own. */
export async function linkTo(
  context: Context,
  found: Found,
  options?: LocalOptions,
): Promise<GatewayLink> {
  const { shell } = context
  if ('base' in found)
    return httpLink({ base: found.base, version: shell.version, key: keyOf(context) })
  const signal = shell.interrupted()
  return interruptible(await openLocal(found.loaded, { signal, options }), signal)
}

/** Where a gateway runs, or with what it would. */
export type Found =
  | { readonly base: URL; readonly loaded?: LoadedConfig }
  | { readonly loaded: LoadedConfig }

/** The named gateway, else the one that runs on the same configuration. */
export async function findGateway(context: Context): Promise<Found> {
  const named = namedUrl(context)
  if (named) return { base: named }
  const loaded = await loadFor(context)
  const running = await findRunning(loaded, keyOf(context))
  return running ? { base: running.base, loaded } : { loaded }
}

/** The key after `--key` or in the environment. */
export function keyOf({ shell, options }: Context): string | undefined {
  return options.key ?? (shell.env['GANTRY_KEY'] || undefined)
}

/** The address after `--url` or in the environment. */
export function namedUrl({ shell, options }: Context): URL | undefined {
  const named = options.url ?? (shell.env['GANTRY_URL'] || undefined)
  return named === undefined ? undefined : baseUrl(named)
}

/** What is being opened when an interrupt comes is closed as soon as it is open. */
async function openLocal(
  loaded: LoadedConfig,
  { signal, options }: { readonly signal: AbortSignal; readonly options: LocalOptions | undefined },
): Promise<GatewayLink> {
  const opening = localLink(loaded, options)
  try {
    return await untilAborted(opening, signal)
  } catch (cause) {
    if (signal.aborted) await (await opening)[Symbol.asyncDispose]()
    throw cause
  }
}

/** Also what cannot be cancelled is not waited for after an interrupt. */
function interruptible(link: GatewayLink, signal: AbortSignal): GatewayLink {
  return {
    request: (method, paramsJson, options) =>
      untilAborted(link.request(method, paramsJson, options), signal),
    servers: () => untilAborted(link.servers(), signal),
    owners: (ends) => untilAborted(link.owners(ends), signal),
    grants: () => untilAborted(link.grants(), signal),
    revoke: (grant) => untilAborted(link.revoke(grant), signal),
    programs: () => link.programs(),
    logs: (name, lines) => untilAborted(link.logs(name, lines), signal),
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  }
}

async function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

export interface LoadChoice {
  /** The file that was used before. */
  readonly known?: string | undefined
  readonly only?: LoadOptions['only']
}

/** The configuration the command line is asked to use; its warnings go to stderr. */
export async function loadFor(
  { shell, options }: Context,
  { known, only }: LoadChoice = {},
): Promise<LoadedConfig> {
  const path = known ?? (await findConfig({ ...shell, flag: options.config }))
  const loaded = await loadConfig(path, { ...shell, only })
  for (const warning of loaded.warnings) shell.stderr.write(`${plain(warning)}\n`)
  return path === undefined ? { ...loaded, awaited: configPlaces(shell) } : loaded
}

export interface Running {
  readonly base: URL
  /** What it was asked with. */
  readonly key: string | undefined
  readonly status: GatewayStatus
}

/** The gateway that listens where this configuration says, if it runs on this configuration. */
export async function findRunning(
  loaded: LoadedConfig,
  key: string | undefined,
): Promise<Running | undefined> {
  const found = await findListening(loaded, key)
  return found && (await isSameFile(found.status.config, loaded.path ?? null)) ? found : undefined
}

/** The gateway that listens where this configuration says, whatever it runs on. */
export async function findListening(
  { config }: LoadedConfig,
  key: string | undefined,
): Promise<Running | undefined> {
  if (config.listen.port === 0) return undefined
  const base = listenUrl(config)
  const status = await askStatus(base, key)
  return status && { base, key, status }
}

/** Where a gateway with this configuration listens. */
export function listenUrl({ listen }: LoadedConfig['config']): URL {
  return baseUrl(`http://${urlHost(listen.host)}:${listen.port}`)
}

/** Who answers there, if it is a gateway. One that wants a key, or another one, says so. */
export async function askStatus(
  base: URL,
  key: string | undefined,
): Promise<GatewayStatus | undefined> {
  try {
    const url = new URL('api/status', base)
    const signal = AbortSignal.timeout(patienceMs)
    const answer = await exchange({ method: 'GET', url, headers: {}, key, signal })
    const text = await wholeText(answer, url)
    const body: unknown = JSON.parse(text)
    if (answer.statusCode === 401) throw lockedOut(body)
    return GatewayStatus.safeParse(body).data
  } catch (error) {
    if (error instanceof GatewayError && error.status === 401) throw error
    // Whatever else answers there, or nothing, is not our gateway.
    return undefined
  }
}

function lockedOut(body: unknown): Error {
  const code = isRecord(body) ? body['code'] : undefined
  if (code === 'key_missing' || code === 'key_invalid') return new GatewayError(code, undefined)
  return new Error('another program wants to know who asks')
}

export async function isSameFile(one: string | null, other: string | null): Promise<boolean> {
  if (one === null || other === null) return one === other
  const paths = await Promise.all([one, other].map((path) => realpath(path).catch(() => path)))
  return paths[0] === paths[1]
}

/** Every address of this machine is also its loopback address. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::' || host === '[::]') return '[::1]'
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
