import { expect } from 'vitest'
import { startGateway } from '../kit/gateway.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { startChaosProxy } from './lab/chaos-proxy.ts'
import { createStdioFault, startHttpFault } from './lab/entry.ts'
import type { Fate, Lane, Method, Phase, Trust } from './retry-lanes.ts'
import {
  breaking,
  createCaller,
  cutAfter,
  groupOf,
  killedMeanwhile,
  linkIn,
  methods,
  replaced,
  stepsOf,
  takeDown,
  trusts,
} from './retry-lanes.ts'
import { metricOf, statusOf } from './seen.ts'

const trustNames = [
  'nobody says',
  'annotations trusted',
  'retrySafe: true',
  'retrySafe: false',
] as const

/** Whether a call that may have run may be sent again. */
const mayRepeat: Readonly<Record<Method, Readonly<Record<Trust, boolean>>>> = {
  'unsafe tool': {
    'nobody says': false,
    'annotations trusted': false,
    'retrySafe: true': true,
    'retrySafe: false': false,
  },
  'idempotent tool': {
    'nobody says': false,
    'annotations trusted': true,
    'retrySafe: true': true,
    'retrySafe: false': false,
  },
  // What only reads by the protocol needs nobody's word.
  'resources/read': {
    'nobody says': true,
    'annotations trusted': true,
    'retrySafe: true': true,
    'retrySafe: false': true,
  },
  'prompts/get': {
    'nobody says': true,
    'annotations trusted': true,
    'retrySafe: true': true,
    'retrySafe: false': true,
  },
}

/** What a call comes to that may be sent twice at most, where it must not be repeated and where it may. */
type Fates = Readonly<Record<'once' | 'again', Fate>>

/** A program that ends at each attempt, over stdio. */
const stdio: Readonly<Record<Phase, Fates>> = {
  // The program is gone from the disk: trying again at once is no use.
  'before the server is there': { once: ['not_executed', 1, 0], again: ['not_executed', 1, 0] },
  'before it reads': { once: ['not_executed', 2, 0], again: ['not_executed', 2, 0] },
  // This one ends only once.
  'some of the request taken': { once: ['unknown', 1, 0], again: ['result', undefined, 1] },
  'all of the request read': { once: ['unknown', 1, 0], again: ['unknown', 2, 0] },
  'the call has run': { once: ['unknown', 1, 1], again: ['unknown', 2, 2] },
  'some of the answer written': { once: ['unknown', 1, 1], again: ['unknown', 2, 2] },
  'all of the answer written': { once: ['result', undefined, 1], again: ['result', undefined, 1] },
}

/** A connection that is reset at each attempt, over HTTP in either era. */
const http: Readonly<Record<Phase, Fates>> = {
  'before the server is there': { once: ['not_executed', 2, 0], again: ['not_executed', 2, 0] },
  // The connection is open and takes bytes: nobody knows how far they came.
  'before it reads': { once: ['unknown', 1, 0], again: ['unknown', 2, 0] },
  'some of the request taken': { once: ['unknown', 1, 0], again: ['unknown', 2, 0] },
  'all of the request read': { once: ['unknown', 1, 0], again: ['unknown', 2, 0] },
  'the call has run': { once: ['unknown', 1, 1], again: ['unknown', 2, 2] },
  'some of the answer written': { once: ['unknown', 1, 1], again: ['unknown', 2, 2] },
  'all of the answer written': { once: ['result', undefined, 1], again: ['result', undefined, 1] },
}

const phases = [
  'before the server is there',
  'before it reads',
  'some of the request taken',
  'all of the request read',
  'the call has run',
  'some of the answer written',
  'all of the answer written',
] as const

/** Those in which the server itself does what goes wrong. */
const ownPhases = phases.slice(3)

type Fated = Record<string, Fate>

const rowOf = (phase: Phase, trust: Trust, method: Method): string =>
  `${phase} / ${trust} / ${method}`

/** The whole table of a transport; reads leave no line where runs are counted. */
function expectedOf(
  fates: Readonly<Record<Phase, Fates>>,
  asked: (trust: Trust) => readonly Method[] = () => methods,
): Fated {
  const rows: Fated = {}
  for (const phase of phases)
    for (const trust of trustNames)
      for (const method of asked(trust)) {
        const { once, again } = fates[phase]
        const [outcome, attempts, runs] = mayRepeat[method][trust] ? again : once
        rows[rowOf(phase, trust, method)] = [outcome, attempts, isTool(method) ? runs : 0]
      }
  return rows
}

const isTool = (method: Method): boolean => method.endsWith('tool')

/** Starting programs takes its time: what is no matter of trust is asked of one only. */
const askedOf = (trust: Trust): readonly Method[] =>
  trust === 'nobody says' ? methods : methods.filter(isTool)

const common = { retries: 1, breaker: false, healthIntervalMs: 0, maxRestarts: 100 }

verifies(
  'fault:retry-table',
  'over stdio, what may have run is sent again only where that is harmless, and each call is told what became of it',
  async () => {
    await using folder = await createTempFolder()
    await using faults = new AsyncDisposableStack()
    const programs = await Promise.all(
      trustNames.map(async (trust, index) => {
        const link = await linkIn(folder.path, `${index}`)
        const era = index % 2 === 0 ? ('legacy' as const) : ('modern' as const)
        const entry = { ...common, ...trusts[trust], command: link.path }
        const fault = faults.use(await createStdioFault({ manners: { era }, entry }))
        return { lane: { server: `s${index}`, trust, fault }, link, era }
      }),
    )
    const servers = Object.fromEntries(programs.map(({ lane }) => [lane.server, lane.fault.entry]))
    await using gateway = await startGateway({ servers })
    const caller = await createCaller(
      gateway,
      programs.map(({ lane }) => lane),
    )
    const rows: Fated = {}
    const note = async (phase: Phase, lane: Lane, method: Method) => {
      rows[rowOf(phase, lane.trust, method)] = await caller.fateOf(lane, method)
    }

    const proveLane = async ({ lane, link, era }: (typeof programs)[number]) => {
      const { fault, trust } = lane
      const asked = askedOf(trust)
      for (const phase of ownPhases) {
        await fault.become({ era, on: breaking(stepsOf(phase, { do: 'crash' })) })
        for (const method of asked) {
          await caller.well(lane)
          const group = await groupOf(gateway, lane)
          await note(phase, lane, method)
          await replaced(gateway, lane, group)
        }
      }
      await fault.become({ era })
      for (const method of asked) {
        await caller.well(lane)
        const call = () => note('some of the request taken', lane, method)
        await killedMeanwhile(gateway, lane, call)
      }
      await caller.well(lane)
      await fault.become({ era, onStart: [{ do: 'crash' }] })
      process.kill(-(await groupOf(gateway, lane)), 'SIGKILL')
      await expect.poll(() => statusOf(gateway, lane.server)).not.toMatchObject({ state: 'ready' })
      await Promise.all(asked.map((method) => note('before it reads', lane, method)))
      await fault.become({ era })
      await caller.well(lane)
      await link.remove()
      process.kill(-(await groupOf(gateway, lane)), 'SIGKILL')
      await expect.poll(() => statusOf(gateway, lane.server)).toMatchObject({ state: 'failed' })
      await Promise.all(asked.map((method) => note('before the server is there', lane, method)))
    }
    await Promise.all(programs.map(proveLane))

    expect(rows).toEqual(expectedOf(stdio, askedOf))
  },
  120_000,
)

for (const era of ['legacy', 'modern'] as const)
  verifies(
    'fault:retry-table',
    `over HTTP to a ${era} server, what may have run is sent again only where that is harmless, and each call is told`,
    async () => {
      await using fault = await startHttpFault({ manners: { era } })
      await using proxy = await startChaosProxy(fault.port)
      const lanes = trustNames.flatMap((trust, index) =>
        methods.map((method, at) => ({ server: `s${index}-${at}`, trust, method, fault })),
      )
      const servers = lanes.map(({ server, trust }) => [
        server,
        { ...common, ...trusts[trust], url: proxy.url },
      ])
      await using gateway = await startGateway({ servers: Object.fromEntries(servers) })
      const caller = await createCaller(gateway, lanes)
      const rows: Fated = {}
      const noteAll = async (phase: Phase) => {
        const fates = await Promise.all(lanes.map((lane) => caller.fateOf(lane, lane.method)))
        for (const [index, { trust, method }] of lanes.entries())
          rows[rowOf(phase, trust, method)] = fates[index] ?? ['unknown', 0, 0]
      }
      const wellAll = async () => {
        proxy.become({})
        await Promise.all(lanes.map((lane) => caller.well(lane)))
      }

      for (const phase of ownPhases) {
        await wellAll()
        await fault.become({ era, on: breaking(stepsOf(phase, { do: 'cut', how: 'reset' })) })
        await noteAll(phase)
      }
      await fault.become({ era })
      for (const [phase, bytes] of [
        ['before it reads', 0],
        ['some of the request taken', 200_000],
      ] as const) {
        await wellAll()
        cutAfter(proxy, bytes)
        await noteAll(phase)
      }
      await wellAll()
      await takeDown(proxy)
      await noteAll('before the server is there')

      expect(rows).toEqual(expectedOf(http))
      expect(await metricOf(gateway, 'gantry_retry_denied_total')).toBe(0)
    },
    120_000,
  )
