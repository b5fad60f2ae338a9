import { isRecord } from '../../kit/is-record.ts'
import type { Config } from '../config.ts'
import { isSecret } from './problem.ts'
import type { KeyPath } from './problem.ts'

/** A configuration with what is known of how it was written. */
export interface Written {
  readonly config: Config
  /** By native path in JSON: the text as written where something was expanded. */
  readonly expanded?: ReadonlyMap<string, string>
}

type Values = Readonly<Record<string, unknown>>

const hidden = '(hidden)'
const secretFlag = /(?:secret|token|key|password|passwd|credential|auth)/i

/** The configuration as it may be shown: what was expanded as it is written, secrets hidden. */
export function redact({ config, expanded = new Map() }: Written): unknown {
  const { servers, ...settings } = config
  const shown = servers.map(({ name, ...server }) => [
    name,
    show(server, ['servers', name], expanded),
  ])
  return { ...asRecord(show(settings, [], expanded)), servers: Object.fromEntries(shown) }
}

/** The same for the value at one path of it. */
export function redactValue(value: unknown, path: KeyPath, { expanded }: Written): unknown {
  return show(value, path, expanded ?? new Map())
}

function show(value: unknown, path: KeyPath, expanded: ReadonlyMap<string, string>): unknown {
  const written = expanded.get(JSON.stringify(path))
  if (written !== undefined && (isReference(written) || !isLiteralPlace(path))) return written
  if (Array.isArray(value)) {
    return value.map((item, index) =>
      path.at(-1) === 'args'
        ? showArgument(value, index, expanded.get(JSON.stringify([...path, index])))
        : show(item, [...path, index], expanded),
    )
  }
  if (isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, show(item, [...path, key], expanded)]),
    )
  }
  if (isLiteralPlace(path) || isSecret(path)) return hidden
  return typeof value === 'string' && isUrlPlace(path) ? withoutQueryValues(value) : value
}

/** Nothing but `${env:NAME}` or the like, which tells no secret. */
function isReference(written: string): boolean {
  return /^\$\{(?:env:|file:)?[^}:]*\}$/.test(written)
}

/** In `env`, `headers` and `auth` a value may be part secret, part reference. */
function isLiteralPlace(path: KeyPath): boolean {
  const place = path[0] === 'servers' ? path[2] : path[0] === 'chat' ? path[3] : path[1]
  return place === 'env' || place === 'headers' || (place === 'auth' && isSecret(path))
}

const urlKeys: ReadonlySet<unknown> = new Set([
  'url',
  'tracesUrl',
  'openapi',
  'baseUrl',
  'tokenUrl',
  'resource',
])

function isUrlPlace(path: KeyPath): boolean {
  return urlKeys.has(path.at(-1))
}

function showArgument(
  list: readonly unknown[],
  index: number,
  written: string | undefined,
): unknown {
  const value: unknown = list[index]
  const before: unknown = list[index - 1]
  if (written !== undefined) return written
  if (typeof value !== 'string') return value
  const [, flag] = /^(--?[\w-]+)=/.exec(value) ?? []
  if (flag !== undefined && secretFlag.test(flag)) return `${flag}=${hidden}`
  const follows =
    typeof before === 'string' && /^--?[\w-]+$/.test(before) && secretFlag.test(before)
  return follows ? hidden : value
}

function withoutQueryValues(url: string): string {
  return url.replace(/([?&][^=&#]+)=[^&#]*/g, `$1=${hidden}`)
}

function asRecord(value: unknown): Values {
  return isRecord(value) ? value : {}
}
