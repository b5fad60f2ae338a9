import type { ConfiguredServer } from '../../../contract/config.ts'
import { GatewayError } from '../../../contract/gateway-error.ts'
import type { LockReport, LockedServerReport } from '../../../contract/lock.ts'
import { harmlessGrades } from '../../../contract/lock.ts'
import { compareOffers } from '../../../core/catalog/lock/compare.ts'
import type { Offer } from '../../../core/catalog/lock/offer.ts'
import { nearest } from '../../../kit/nearest.ts'
import type { LoadedConfig } from '../../config/load.ts'
import type { Lock } from './read.ts'
import { lockFileOf, parseLock, readLock, readLockText } from './read.ts'
import type { Answer } from './survey.ts'
import { surveyServers } from './survey.ts'
import { writeLock } from './write.ts'

export interface Asked {
  /** Left out: all that are switched on. */
  readonly names: readonly string[]
  readonly signal: AbortSignal
}

/** Compares what servers offer at this moment with the lock, and changes nothing. */
export async function verifyLock(loaded: LoadedConfig, asked: Asked): Promise<LockReport> {
  const file = fileFor(loaded)
  const lock = await readLock(file)
  if (!lock) throw new GatewayError('lock_absent', { file })
  const servers = chosen(loaded, asked.names)
  const answers = await surveyServers(loaded, servers.filter(isOn), asked.signal)
  const reports = report({ loaded, lock, servers, answers, asked })
  const ok = reports.every(({ state, changes }) => isAsLocked(state) && changes.every(isHarmless))
  return { ok, file, servers: reports }
}

export interface Locking extends Asked {
  /** Takes servers out of the lock that the configuration does not have. */
  readonly prune: boolean
}

/** What is to be written, and what would be different then. */
export interface LockPlan {
  readonly report: LockReport
  readonly isChanged: boolean
  write(): Promise<void>
}

/** Finds out what the lock would say of servers as they are at this moment; one that does not answer is left as it is. */
export async function planLock(loaded: LoadedConfig, asked: Locking): Promise<LockPlan> {
  const file = fileFor(loaded)
  const text = await readLockText(file)
  const lock = text === undefined ? undefined : parseLock(text, file, { isStrict: false })
  const servers = chosen(loaded, asked.names)
  const answers = await surveyServers(loaded, servers.filter(isOn), asked.signal)
  const reports = report({ loaded, lock, servers, answers, asked })
  const offers = new Map<string, Offer>()
  for (const [name, answer] of answers) if ('offer' in answer) offers.set(name, answer.offer)
  const without = asked.prune
    ? reports.filter(({ state }) => state === 'not_configured').map(({ server }) => server)
    : []
  const ok = reports.every(({ state }) => state !== 'not_answering')
  const isChanged =
    without.length > 0 ||
    reports.some(({ state, changes }) => state === 'not_locked' || changes.length > 0)
  return {
    report: { ok, file, servers: reports },
    isChanged,
    write: () => writeLock(file, { offers, without }),
  }
}

function fileFor({ path }: LoadedConfig): string {
  if (path !== undefined) return lockFileOf(path)
  throw new GatewayError('usage_invalid', {
    problem: 'There is no configuration whose servers could be locked',
    remedy: 'Write one with `gantry add NAME -- COMMAND`, or name one with --config FILE.',
  })
}

function chosen({ config }: LoadedConfig, names: readonly string[]): readonly ConfiguredServer[] {
  if (names.length === 0) return config.servers
  const all = config.servers.map(({ name }) => name)
  const unknown = names.find((name) => !all.includes(name))
  if (unknown !== undefined)
    throw new GatewayError('server_unknown', { server: unknown, nearest: nearest(unknown, all) })
  return config.servers.filter(({ name }) => names.includes(name))
}

function isOn({ enabled }: ConfiguredServer): boolean {
  return enabled
}

function isAsLocked(state: LockedServerReport['state']): boolean {
  return !['not_locked', 'not_answering'].includes(state)
}

function isHarmless({ grades }: LockedServerReport['changes'][number]): boolean {
  return grades.every((grade) => harmlessGrades.has(grade))
}

interface Reporting {
  readonly loaded: LoadedConfig
  readonly lock: Lock | undefined
  readonly servers: readonly ConfiguredServer[]
  readonly answers: ReadonlyMap<string, Answer>
  readonly asked: Asked
}

function report({
  loaded,
  lock,
  servers,
  answers,
  asked,
}: Reporting): readonly LockedServerReport[] {
  const named = new Set(loaded.config.servers.map(({ name }) => name))
  const left = asked.names.length > 0 ? [] : [...(lock?.servers.keys() ?? [])]
  return [
    ...servers.map(({ name }) => reportOne(name, lock?.servers.get(name), answers.get(name))),
    ...left
      .filter((name) => !named.has(name))
      .map((server) => ({ server, state: 'not_configured' as const, changes: [] })),
  ]
}

function reportOne(
  server: string,
  locked: Offer | undefined,
  answer: Answer | undefined,
): LockedServerReport {
  if (!answer) return { server, state: 'disabled', changes: [] }
  if ('reason' in answer)
    return { server, state: 'not_answering', reason: answer.reason, changes: [] }
  if (!locked) {
    // What it is is no news where nothing is known of it.
    const { source, reported } = answer.offer
    const changes = compareOffers({ ...nothing, source, reported }, answer.offer)
    return { server, state: 'not_locked', changes }
  }
  const changes = compareOffers(locked, answer.offer)
  return { server, state: changes.length === 0 ? 'equal' : 'different', changes }
}

const nothing = {
  instructions: undefined,
  entries: { tools: new Map(), prompts: new Map(), templates: new Map() },
}
