import { Member } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import type { View } from '../catalog/view.ts'
import type { Gateway } from '../gateway.ts'
import type { Scope } from './exchange.ts'
import { isShown } from './offer.ts'

/** Shortly after the start: what a request waits for that cannot be answered from the lists known so far. */
export function listsToWaitFor(
  gateway: Gateway,
  scope: Scope,
  message: Message,
): Promise<void> | undefined {
  const isSettling = gateway.settled(scope.server) !== undefined
  if (!isSettling || !needsMore(gateway.view(scope), message)) return undefined
  return untilKnown(gateway, scope, message)
}

/** Shortly after the start: once it is known what the servers that are shown here can do. */
export function settledIn(gateway: Gateway, scope: Scope): Promise<unknown> | undefined {
  const settling = settlingIn(gateway, scope)
  return settling.length === 0 ? undefined : Promise.all(settling)
}

function settlingIn(gateway: Gateway, scope: Scope): readonly Promise<void>[] {
  return gateway.servers.flatMap(({ name }) =>
    isShown(gateway, scope, name) ? (gateway.settled(name) ?? []) : [],
  )
}

/** Each server that settles may be the one that was waited for: a slow one does not hold up the others. */
async function untilKnown(gateway: Gateway, scope: Scope, message: Message): Promise<void> {
  for (;;) {
    const settling = settlingIn(gateway, scope)
    if (settling.length === 0 || !needsMore(gateway.view(scope), message)) return
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
