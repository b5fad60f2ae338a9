import type {
  Config,
  ConfiguredServer,
  HttpServerConfig,
  OpenApiServerConfig,
} from '../../contract/config.ts'
import type { KeyPath } from '../../contract/config/problem.ts'
import type { LoadedConfig } from '../config/load.ts'

const secretName =
  /secret|token|key|passw(?:or)?d|credential|auth(?!or)|cookie|private|signature|dsn/i
/** Headers that say what is wanted, not who asks. */
const openHeaders = /^(?:accept|accept-.*|content-.*|user-agent|cache-control)$/i
/** What settings are often set to: masking it would make every line unreadable. */
const plainWord =
  /^(?:true|false|null|none|yes|default|localhost|127\.0\.0\.1|production|development|\d{0,5})$/i
/** Shorter or plainer values are words that stand everywhere. */
const shortestUnnamed = 8

/** Every text of the configuration that must not appear in a line of the log. */
export function secretsIn(loaded: LoadedConfig): ReadonlySet<string> {
  const { config, expanded = new Map() } = loaded
  const secrets = [
    ...expandedParts(config, expanded),
    ...config.servers.flatMap(secretsOf),
    ...headerSecrets(config.telemetry.headers),
  ]
  return new Set(secrets.filter((secret) => !plainWord.test(secret)))
}

function secretsOf(server: ConfiguredServer): readonly string[] {
  if (server.transport === 'stdio')
    return [...Object.entries(server.env).flatMap(envSecrets), ...argumentSecrets(server.args)]
  if (server.transport === 'openapi')
    return [
      ...headerSecrets(server.headers),
      ...urlSecrets(server.openapi),
      ...authSecrets(server.auth),
    ]
  return [...headerSecrets(server.headers), ...urlSecrets(server.url), ...authSecrets(server.auth)]
}

function authSecrets(
  auth: HttpServerConfig['auth'] | OpenApiServerConfig['auth'],
): readonly string[] {
  switch (auth?.type) {
    case undefined:
      return []
    case 'bearer':
      return [auth.token]
    case 'apiKey':
      return [auth.value]
    case 'basic':
      return [auth.password, ...basicPairs(auth.username, auth.password)]
    case 'oauth':
      return [auth.clientSecret, ...basicPairs(auth.clientId, auth.clientSecret)]
    default:
      return auth satisfies never
  }
}

/** As they stand in a header; OAuth encodes them before. */
function basicPairs(name: string, secret: string): readonly string[] {
  const pairs = [`${name}:${secret}`, `${encodeForm(name)}:${encodeForm(secret)}`]
  return pairs.map((pair) => Buffer.from(pair).toString('base64'))
}

function encodeForm(text: string): string {
  return new URLSearchParams({ _: text }).toString().slice(2)
}

function envSecrets([name, value]: readonly [string, string]): readonly string[] {
  return secretName.test(name) || looksRandom(value)
    ? [value, ...urlSecrets(value)]
    : urlSecrets(value)
}

function headerSecrets(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    openHeaders.test(name) ? [] : [value, ...withoutScheme(value)],
  )
}

/** What follows `Bearer`, and what `Basic` hides. */
function withoutScheme(value: string): readonly string[] {
  const [, scheme = '', rest] = /^([A-Za-z]+) +(\S.*)$/.exec(value) ?? []
  if (rest === undefined) return []
  if (scheme.toLowerCase() !== 'basic') return [rest]
  const pair = Buffer.from(rest, 'base64').toString()
  return [rest, pair, pair.slice(pair.indexOf(':') + 1)]
}

function argumentSecrets(args: readonly string[]): readonly string[] {
  return args.flatMap((arg, index) => {
    const [, flag, value] = /^(--?[\w-]+)=([^]*)$/.exec(arg) ?? []
    if (flag !== undefined && value !== undefined) return secretName.test(flag) ? [value] : []
    const before = args[index - 1]
    const follows = before !== undefined && /^--?[\w-]+$/.test(before) && secretName.test(before)
    return follows ? [arg] : urlSecrets(arg)
  })
}

/** The password and the query of a URL: `postgres://me:PASSWORD@host/db?key=KEY`. */
function urlSecrets(text: string): readonly string[] {
  if (!text.includes('://')) return []
  const url = URL.parse(text)
  if (!url) return []
  const query = [...url.searchParams].flatMap(([name, value]) =>
    secretName.test(name) || looksRandom(value) ? [value] : [],
  )
  return url.password === '' ? query : [url.password, decode(url.password), ...query]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Written as it is, then.
    return text
  }
}

/** Long, without spaces, and of more than one kind of character: nobody chose it for its meaning. */
function looksRandom(value: string): boolean {
  if (value.length < 16 || /\s/.test(value) || /^[./~]|:\/\//.test(value)) return false
  const kinds = [/[a-z]/, /[A-Z]/, /\d/].filter((kind) => kind.test(value))
  return kinds.length >= 2 && /\d/.test(value)
}

/** What came in from outside, without the text around it. */
function expandedParts(config: Config, expanded: ReadonlyMap<string, string>): readonly string[] {
  const servers = Object.fromEntries(config.servers.map((server) => [server.name, server]))
  const root = { ...config, servers }
  return [...expanded].flatMap(([path, written]) => {
    const keys: KeyPath = JSON.parse(path)
    const value = valueAt(root, keys)
    return typeof value === 'string' ? insertedIn(written, value).filter(isTelling(keys)) : []
  })
}

function isTelling(path: KeyPath): (part: string) => boolean {
  const isNamed = path.some((key) => typeof key === 'string' && secretName.test(key))
  // A folder is in every second line, and tells nothing.
  return (part) => isNamed || (part.length >= shortestUnnamed && !/^(?:~|\.{0,2}\/)/.test(part))
}

function valueAt(root: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined,
    root,
  )
}

/** `Bearer ${env:TOKEN}` and `Bearer abc` tell that `abc` came in. */
function insertedIn(written: string, value: string): readonly string[] {
  const around = written.split(/(?<!\$)\$\{[^}]*\}/)
  const literal = around.map((text) => RegExp.escape(text.replaceAll('$${', '${')))
  const match = new RegExp(`^${literal.join('([^]*)')}$`).exec(value)
  return match ? match.slice(1) : [value]
}
