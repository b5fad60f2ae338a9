import { isSecret } from '../../contract/config/problem.ts'
import type { KeyPath } from '../../contract/config/problem.ts'
import { isRecord } from '../../kit/is-record.ts'
import type { LoadedConfig } from './load.ts'

const hidden = '(hidden)'
const secretFlag = /(?:secret|token|key|password|passwd|credential|auth)/i

/** The configuration as it may be shown: what was expanded as it is written, secrets hidden. */
export function redact({ config, expanded = new Map() }: LoadedConfig): unknown {
  const servers = config.servers.map(({ name, ...server }) => [
    name,
    show(server, ['servers', name], expanded),
  ])
  const { listen, naming, limits } = config
  return {
    ...asRecord(show({ listen, naming, limits }, [], expanded)),
    servers: Object.fromEntries(servers),
  }
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
  return typeof value === 'string' && path.at(-1) === 'url' ? withoutQueryValues(value) : value
}

/** Nothing but `${env:NAME}` or the like, which tells no secret. */
function isReference(written: string): boolean {
  return /^\$\{(?:env:|file:)?[^}:]*\}$/.test(written)
}

/** In `env` and `headers` a value may be part secret, part reference. */
function isLiteralPlace(path: KeyPath): boolean {
  return path[2] === 'env' || path[2] === 'headers'
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

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}
