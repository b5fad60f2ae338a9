import { Member } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import type { View } from '../catalog/view.ts'
import type { Gateway } from '../gateway.ts'
import type { Scope } from './exchange.ts'

/** Shortly after the start: what a request waits for that cannot be answered from the lists known so far. */
export function listsToWaitFor(
  gateway: Gateway,
  { server }: Scope,
  message: Message,
): Promise<void> | undefined {
  const isSettling = gateway.settled(server) !== undefined
  if (!isSettling || !needsMore(gateway.view(server), message)) return undefined
  return untilKnown(gateway, server, message)
}

/** Each server that settles may be the one that was waited for: a slow one does not hold up the others. */
async function untilKnown(
  gateway: Gateway,
  server: string | undefined,
  message: Message,
): Promise<void> {
  const shown = () => (server === undefined ? gateway.servers.map(({ name }) => name) : [server])
  for (;;) {
    const settling = shown().flatMap((name) => gateway.settled(name) ?? [])
    if (settling.length === 0 || !needsMore(gateway.view(server), message)) return
    await Promise.race(settling)
  }
}

function needsMore(view: View, message: Message): boolean {
  switch (message.method) {
    case 'tools/call':
      return !view.tools.has(message.text(Member.name) ?? '')
    case 'prompts/get':
      return !view.prompts.has(message.text(Member.name) ?? '')
    case 'resources/read':
    case 'resources/subscribe':
      return view.resource(message.text(Member.uri) ?? '') === undefined
    case 'subscriptions/listen':
      // What it may follow depends on who has it.
      return message.slice(Member.params)?.includes('"resourceSubscriptions"') === true
    case 'server/discover':
    case 'tools/list':
    case 'prompts/list':
    case 'resources/list':
    case 'resources/templates/list':
    case 'completion/complete':
      return true
    default:
      return false
  }
}
