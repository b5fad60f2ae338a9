import { join } from 'node:path'
import { GatewayError } from '../../src/contract/gateway-error.ts'
import { readConfig } from '../../src/contract/config/read.ts'
import type { EnrolmentBook } from '../../src/access/enrolment.ts'
import { openEnrolmentBook } from '../../src/access/enrolment.ts'
import type { PinBook } from '../../src/access/pins.ts'
import { openPinBook } from '../../src/access/pins.ts'
import { openAgents } from '../../src/apps/gateway/agents.ts'
import { systemClock } from '../../src/apps/gateway/clock.ts'
import { createSeal } from '../../src/apps/gateway/seal.ts'
import { fullAccess } from '../../src/core/access/access.ts'
import { serveModern } from '../../src/core/clients/modern.ts'
import type { Gateway } from '../../src/core/gateway.ts'
import { createGateway } from '../../src/core/gateway.ts'
import { createCensus } from '../../src/core/observe/census.ts'
import type { Facts, Log } from '../../src/core/observe/log.ts'
import type { AgentHub } from '../../src/surfaces/agent-hub/hub.ts'
import type { HubTiming } from '../../src/surfaces/agent-hub/timing.ts'
import { createAdmission } from '../../src/surfaces/door/admission.ts'
import { openDoor } from '../../src/surfaces/door/server.ts'
import { createUpgrades } from '../../src/surfaces/door/upgrade.ts'
import { toBuffer } from '../../src/wire/bytes.ts'
import { createMessageReader } from '../../src/wire/message.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

/** A gateway in this process, with the hub where agents dial in and no other door. */
export interface HubBed extends AsyncDisposable {
  readonly port: number
  readonly gateway: Gateway
  readonly hub: AgentHub
  readonly book: EnrolmentBook
  readonly pins: PinBook
  readonly logged: readonly { readonly event: string; readonly facts: Facts }[]
  readonly faults: readonly unknown[]
  /** Asks as a modern client would; gives the whole answer. */
  ask(method: string, params?: object, server?: string): Promise<RpcAnswer>
  call(tool: string, args?: object): Promise<RpcAnswer>
  toolNames(): Promise<readonly string[]>
}

export interface RpcAnswer {
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: {
    readonly code: number
    readonly message: string
    readonly data: Readonly<Record<string, unknown>>
  }
}

export interface HubBedOptions {
  readonly agents?: object
  readonly limits?: object
  readonly timing?: Partial<HubTiming>
  readonly connections?: number
  /** Where agents are kept; a folder of its own when left out. */
  readonly folder?: string
  readonly port?: number
}

const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
}

export async function openHubBed({
  agents = {},
  limits = {},
  timing = {},
  connections = 1000,
  folder: given,
  port = 0,
}: HubBedOptions = {}): Promise<HubBed> {
  await using undo = new AsyncDisposableStack()
  const folder = given ?? undo.use(await createTempFolder()).path
  const logged: { event: string; facts: Facts }[] = []
  const faults: unknown[] = []
  const onFault = (error: unknown) => void faults.push(error)
  const config = configOf({ agents: { handshakesPerAddress: 256, ...agents }, limits })
  const clock = systemClock()
  const gateway = undo.use(
    createGateway({
      config,
      clock,
      seal: createSeal(),
      version: '0',
      log: logInto(logged),
      census: createCensus(),
      connect: () => () => Promise.reject(new Error('nothing is configured')),
      recall: () => undefined,
      remember() {},
    }),
  )
  const book = openEnrolmentBook(folder, Date.now)
  const pins = openPinBook({
    folder: join(folder, 'pins'),
    isStrict: config.agents.pin === 'strict',
  })
  const admission = createAdmission({ host: '127.0.0.1', hosts: [], origins: [] })
  const hub = undo.use(
    openAgents({
      config,
      gateway,
      book,
      pins,
      log: logInto(logged),
      census: createCensus(),
      answersTo: (audience) => admission.answersTo(audience),
      onFault,
      timing: { sweepMs: 50, ...timing },
    }),
  )
  const door = await openDoor({
    host: '127.0.0.1',
    port,
    connections,
    entrance: {
      enter() {
        throw new GatewayError('stopping', undefined)
      },
    },
    routes: [],
    upgrade: createUpgrades({ admission, routes: [hub.upgrade], onFault }),
    onFault,
  })
  undo.defer(() => door.close(0))
  const ask = asker(gateway)
  const cleanup = undo.move()
  return {
    port: door.port,
    gateway,
    hub,
    book,
    pins,
    logged,
    faults,
    ask,
    call: (name, args = {}) => ask('tools/call', { name, arguments: args }),
    async toolNames() {
      const { result } = await ask('tools/list')
      const tools = Array.isArray(result?.['tools']) ? result['tools'] : []
      return tools.map((tool: { name: string }) => tool.name)
    },
    async [Symbol.asyncDispose]() {
      // The door waits for the agents to be gone.
      await hub[Symbol.asyncDispose]()
      await cleanup.disposeAsync()
    },
  }
}

function configOf(written: object) {
  const { config, problems } = readConfig(written, { env: {}, readFile: () => '' })
  if (!config) throw new Error(problems.map(({ problem }) => problem).join('; '))
  return config
}

function logInto(logged: { event: string; facts: Facts }[]): Log {
  const note = (event: string, facts: Facts = {}) => void logged.push({ event, facts })
  return { debug() {}, info: note, warn: note, error: note }
}

function asker(gateway: Gateway): HubBed['ask'] {
  const read = createMessageReader()
  let id = 0
  return (method, params = {}, server) => {
    const { promise, resolve } = Promise.withResolvers<RpcAnswer>()
    const request = { jsonrpc: '2.0', id: ++id, method, params: { ...params, _meta: meta } }
    serveModern({
      gateway,
      scope: { server, profile: undefined, access: fullAccess('local') },
      message: read(Buffer.from(JSON.stringify(request))),
      exchange: {
        notify: () => true,
        answer: (payload) => resolve(JSON.parse(toBuffer(payload).toString())),
      },
    })
    return promise
  }
}
