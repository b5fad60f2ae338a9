import { z } from 'zod'

import { isRecord } from '../../kit/is-record.ts'
import type { ServerConfig } from '../config.ts'
import { printPath } from './problem.ts'
import type { KeyPath } from './problem.ts'
import { redactValue } from './redact.ts'
import type { Written } from './redact.ts'

const names = z.array(z.string()).readonly()

const KeyChange = z
  .object({
    path: z.string(),
    from: z.unknown().optional().describe('The value as it may be shown; left out: there is none.'),
    to: z.unknown().optional().describe('"(changed)" where the values differ but are secret.'),
  })
  .readonly()
export type KeyChange = z.infer<typeof KeyChange>

/** What applying another configuration changes; it holds no secret. */
export const ConfigDiff = z
  .object({
    added: names,
    removed: names,
    changed: z
      .array(z.object({ name: z.string(), keys: z.array(KeyChange).readonly() }).readonly())
      .readonly(),
    unchanged: names,
    settings: z
      .array(
        z
          .object({
            ...KeyChange.unwrap().shape,
            needsRestart: z
              .boolean()
              .describe('Whether it applies only to a gateway that is started anew.'),
          })
          .readonly(),
      )
      .readonly(),
  })
  .readonly()
  .meta({ id: 'ConfigDiff', description: 'What applying another configuration changes.' })
export type ConfigDiff = z.infer<typeof ConfigDiff>

const appliedAtOnce = new Set(['naming', 'reload', 'log', 'shutdown', 'access', 'profiles'])

/** Compares what runs with what is wanted; a server whose entry means the same is unchanged. */
export function diffConfigs(running: Written, wanted: Written): ConfigDiff {
  const before = byName(running)
  const after = byName(wanted)
  const both = [...after.keys()].filter((name) => before.has(name))
  const compared = both.map((name) => ({
    name,
    keys: changes({ running, wanted }, ['servers', name], [before.get(name), after.get(name)]),
  }))
  const { servers: _, ...settingsBefore } = running.config
  const { servers: __, ...settingsAfter } = wanted.config
  const settings = changes({ running, wanted }, [], [settingsBefore, settingsAfter])
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    changed: compared.filter(({ keys }) => keys.length > 0),
    unchanged: compared.filter(({ keys }) => keys.length === 0).map(({ name }) => name),
    settings: settings.map((change) => ({ ...change, needsRestart: needsRestart(change.path) })),
  }
}

export function isEmptyDiff({ added, removed, changed, settings }: ConfigDiff): boolean {
  return [added, removed, changed, settings].every(({ length }) => length === 0)
}

function byName({ config }: Written): ReadonlyMap<string, Readonly<ServerConfig>> {
  return new Map(config.servers.map((server) => [server.name, server]))
}

function needsRestart(path: string): boolean {
  return !appliedAtOnce.has(path.split('.')[0] ?? '')
}

interface Sides {
  readonly running: Written
  readonly wanted: Written
}

function changes(
  { running, wanted }: Sides,
  path: KeyPath,
  [from, to]: readonly [unknown, unknown],
): KeyChange[] {
  const before = new Map(leaves(from, []))
  const after = new Map(leaves(to, []))
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const old = before.get(key)
    const now = after.get(key)
    if (JSON.stringify(old?.value) === JSON.stringify(now?.value)) return []
    const place = old?.path ?? now?.path ?? []
    const whole = [...path, ...place]
    return changeOf(printPath(place), {
      ...(old && { from: tellable(old.value, whole, running) }),
      ...(now && { to: tellable(now.value, whole, wanted) }),
    })
  })
}

/** A difference goes into logs, so arguments and the rest of a URL stay out: they may be secrets, too. */
function tellable(value: unknown, path: KeyPath, written: Written): unknown {
  const shown = redactValue(value, path, written)
  if (path.at(-1) === 'args') return '(hidden)'
  const { origin } = (typeof shown === 'string' && URL.parse(shown)) || {}
  return origin === undefined || origin === 'null' ? shown : `${origin}/…`
}

/** What differs only in what must not be shown is said to have changed, and no more. */
function changeOf(path: string, values: Omit<KeyChange, 'path'>): KeyChange {
  const looksSame = JSON.stringify(values.from) === JSON.stringify(values.to)
  return looksSame ? { path, to: '(changed)' } : { path, ...values }
}

interface Leaf {
  readonly path: KeyPath
  readonly value: unknown
}

/** Each value that is no object, by its path; a list counts as one value. */
function* leaves(value: unknown, path: KeyPath): Generator<readonly [string, Leaf]> {
  if (!isRecord(value)) {
    if (value !== undefined) yield [JSON.stringify(path), { path, value }]
    return
  }
  for (const [key, item] of Object.entries(value)) yield* leaves(item, [...path, key])
}
