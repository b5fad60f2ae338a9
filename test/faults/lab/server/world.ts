import type { ExecutionLog } from './executions.ts'
import type { Heard } from './heard.ts'
import type { ControlledManners } from './manners.ts'
import type { Transport } from './outlet.ts'
import { reserved } from './heard.ts'

/** What a fault server remembers, for all its calls. */
export interface World {
  readonly manners: ControlledManners
  readonly executions: ExecutionLog
  /** Shows in the command line of everything it starts. */
  readonly mark: string
  /** Answers that wait to be shuffled. */
  readonly held: (() => void)[]
  /** What is kept so that it is not given back. */
  readonly hoard: unknown[]
  /** By the id of the question, what takes its answer. */
  readonly questions: Map<string, (answer: string) => void>
  /** By the id of the request, what gives it up. */
  readonly open: Map<string, () => void>
  readonly listens: Map<string, Listening>
  readonly seen: Seen
  readonly totals: { executed: number; sum: number }
  announce(method: string): void
  closePipe: Transport['closePipe']
  forgetSessions(): void
}

export interface Listening {
  readonly say: (text: string) => void
  readonly honoured: Readonly<Record<string, unknown>>
}

/** What came in, for the tool `report`. */
export interface Seen {
  readonly messages: Pick<Heard, 'id' | 'method' | 'headers' | 'params'>[]
  readonly cancelled: string[]
}

/** More would only be memory: a report looks at what came last. */
const keptMessages = 1000

export function createWorld(
  given: Pick<World, 'manners' | 'executions' | 'mark'>,
): World & { join(transport: Transport): void } {
  const transports: Transport[] = []
  const listens: World['listens'] = new Map()
  const all = (work: (transport: Transport) => void): void => transports.forEach(work)

  return {
    ...given,
    held: [],
    hoard: [],
    questions: new Map(),
    open: new Map(),
    listens,
    seen: { messages: [], cancelled: [] },
    totals: { executed: 0, sum: 0 },
    join: (transport) => void transports.push(transport),
    announce(method) {
      const text = JSON.stringify({ jsonrpc: '2.0', method })
      all(({ channels }) => channels.forEach((write) => write(text)))
      for (const [id, { say }] of listens) {
        const meta = `"_meta":{"${reserved}subscriptionId":${id}}`
        say(`{"jsonrpc":"2.0","method":"${method}","params":{${meta}}}`)
      }
    },
    closePipe: (what) => all((transport) => transport.closePipe(what)),
    forgetSessions: () => all((transport) => transport.forgetSessions()),
  }
}

export function remember({ seen }: World, { id, method, headers, params }: Heard): void {
  seen.messages.push({ id, method, headers, params })
  if (seen.messages.length > keptMessages) seen.messages.splice(0, keptMessages / 2)
}
