import { isSignInKey, withNativeAuth } from '../../contract/config/normalise-auth.ts'
import { readConfig } from '../../contract/config/read.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { NewServer } from '../../contract/rest/servers.ts'
import { isRecord } from '../../kit/is-record.ts'
import { misfit } from './read-input.ts'
import { isSteering } from './steering-variables.ts'

/** An entry as it goes into the configuration. */
export type Definition = Readonly<Record<string, unknown>>

/** What was sent as an entry of the configuration, under the name it asks for. */
export function toDefinition(sent: NewServer): {
  readonly name: string
  readonly entry: Definition
} {
  const { name, server_name: other, url, server_url: address, timeout, headers, ...rest } = sent
  const called = oneOf(name, other, ['name', 'server_name'])
  if (called === undefined) throw misfit('"name" in the body: a server needs a name')
  const at = oneOf(url, address, ['url', 'server_url'])
  return {
    name: called,
    entry: withNativeAuth({
      ...(at !== undefined && { url: at }),
      ...(headers !== undefined && { headers: toHeaders(headers) }),
      ...(timeout !== undefined && toTimeout(timeout)),
      ...rest,
    }),
  }
}

function oneOf<Value>(
  one: Value | undefined,
  other: Value | undefined,
  keys: readonly [string, string],
): Value | undefined {
  if (one !== undefined && other !== undefined && one !== other) {
    throw misfit(`"${keys[0]}" and "${keys[1]}" in the body say different things`)
  }
  return one ?? other
}

/** A list in which a name comes twice is left for the check to refuse. */
function toHeaders(headers: NonNullable<NewServer['headers']>): unknown {
  if (!Array.isArray(headers)) return headers
  const names = new Set(headers.map(({ key }) => key))
  if (names.size < headers.length) return headers
  return Object.fromEntries(headers.map(({ key, value }) => [key, value]))
}

/** As seconds; numbers that can only be meant as milliseconds are left for the check to refuse. */
function toTimeout(timeout: number): Definition {
  const isSeconds = timeout > 0 && timeout < 1000
  return isSeconds ? { timeoutMs: Math.max(1, Math.round(timeout * 1000)) } : { timeout }
}

/** Keys with which a sign-in would be asked for. */
const signIn = /^(?:auth|oauth)/i

/** Throws where the entry cannot be used, or asks for what is not there yet. */
export function checkDefinition(server: string, entry: Definition): void {
  const keys = Object.keys(entry).filter((key) => signIn.test(key) && !isSignInKey(key))
  if (keys.length > 0) throw new GatewayError('sign_in_unsupported', { server, keys })
  const { problems } = readConfig({ servers: { [server]: entry } }, { env: {}, readFile: notRead })
  const [first] = problems.filter(({ isOutside }) => !isOutside)
  if (first) throw new GatewayError('definition_invalid', { server, problem: first.problem })
}

function notRead(path: string): never {
  throw new Error(`${path} is read when the gateway starts`)
}

const programKeys = ['command', 'args', 'env', 'cwd', 'envFile', 'limits']

/** Throws where the entry says what runs or is read on this machine, unless that may be said. */
export function checkPrograms(server: string, entry: Definition, mayDefine: boolean): void {
  if (mayDefine) return
  const key =
    programKeys.find((one) => Object.hasOwn(entry, one)) ??
    Object.keys(entry).find((one) => isLocalFile(one, entry[one]))
  if (key !== undefined) throw new GatewayError('program_refused', { server, key })
}

/** Throws where the entry has what is taken from the configuration file only, whoever sends it. */
export function checkReserved(server: string, entry: Definition): void {
  const referring = Object.keys(entry).find((key) => refersOut(key) || refersOut(entry[key]))
  const env = isRecord(entry['env']) ? entry['env'] : {}
  const steering = Object.keys(env).find((name) => isSteering(name, env[name]))
  const key = referring ?? (steering === undefined ? undefined : `env.${steering}`)
  if (key !== undefined) throw new GatewayError('operator_only', { server, key })
}

/** `${env:NAME}` and `${file:PATH}` would send what is on this machine to wherever the entry says. */
function refersOut(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('${')
  if (Array.isArray(value)) return value.some(refersOut)
  return isRecord(value) && Object.entries(value).some((pair) => pair.some(refersOut))
}

/** A description of a service may be a file. */
function isLocalFile(key: string, value: unknown): boolean {
  return key === 'openapi' && !/^https?:\/\//i.test(typeof value === 'string' ? value : '')
}
