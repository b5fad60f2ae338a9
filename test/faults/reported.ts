import { callModern } from '../ends/clients.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { textIn } from './seen.ts'

/** What a fault server says it was sent, the asking included. */
export interface Reported {
  readonly messages: readonly Sent[]
  /** How many messages of this method there were. */
  methods(method: string): number
}

export interface Sent {
  readonly method?: string
  readonly headers: Readonly<Record<string, string>>
  readonly params: Readonly<Record<string, unknown>>
}

/** Asks a fault server, by its tool, what it was sent; `prefix` is what its tools are shown under. */
export async function reportOf(
  gateway: RunningGateway,
  server: string,
  prefix = `${server}__`,
): Promise<Reported> {
  const { messages }: Pick<Reported, 'messages'> = JSON.parse(
    textIn(await callModern(gateway.url, `${prefix}report`).answer) ?? '',
  )
  return {
    messages,
    methods: (wanted) => messages.filter(({ method }) => method === wanted).length,
  }
}
