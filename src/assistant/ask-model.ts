import { GatewayError } from '../contract/gateway-error.ts'
import { sendable } from './history.ts'
import type { TurnRequest } from './provider.ts'
import { takeTurn } from './take-turn.ts'
import type { Steps, Talk } from './talk.ts'
import { offeredIn } from './talk.ts'
import type { Turn } from './turn.ts'
import { createTurnCollector, keptOf } from './turn.ts'
import { addUsage, estimateTokens } from './usage.ts'

/** Has the model say what comes next; in the last turn it may call nothing more. */
export async function* askModel(talk: Talk, isLast: boolean): Steps<Turn> {
  const { deps, spent, added } = talk
  const collector = createTurnCollector({
    callerNames: isLast ? new Set() : talk.callerNames,
    nextCallerIndex: () => spent.callerCalls++,
    idsInUse: talk.idsInUse,
  })
  const asked = await turnRequest(talk, isLast)
  try {
    for await (const piece of takeTurn(deps.provider, asked, collector)) {
      yield { type: 'piece', piece }
    }
  } catch (error) {
    added.push(...keptOf(collector.end()))
    throw error
  }
  const turn = collector.end()
  spent.rounds += 1
  spent.tokens += turn.usage?.total_tokens ?? estimateTokens(asked.messages, turn.length)
  talk.usage = addUsage(talk.usage, turn.usage)
  yield { type: 'round', n: spent.rounds, usage: turn.usage }
  return turn
}

async function turnRequest(talk: Talk, isLast: boolean): Promise<TurnRequest> {
  const { deps, request, spent, added, times } = talk
  const offered = [...(await offeredIn(talk)).values()]
  const tools = [...request.tools, ...offered.map(({ definition }) => definition)]
  const { name, toolLimit = Infinity } = deps.provider
  if (tools.length > toolLimit) {
    const counts = { provider: name, tools: tools.length, limit: toolLimit }
    throw new GatewayError('tools_too_many', counts)
  }
  // Some want to see the tools of a conversation also where none may be called any more.
  const later = isLast ? 'none' : undefined
  const toolChoice = spent.rounds === 0 ? (later ?? request.toolChoice) : later
  return {
    model: request.model,
    messages: sendable([...request.messages, ...added]),
    tools,
    ...(tools.length > 0 && toolChoice !== undefined && { toolChoice }),
    extras: request.extras,
    signal: times.turns,
  }
}
