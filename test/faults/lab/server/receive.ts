import type { Step } from '../steps/steps.ts'
import { isStep, runSteps } from '../steps/steps.ts'
import type { Heard } from './heard.ts'
import { reserved } from './heard.ts'
import type { Manners } from './manners.ts'
import type { Outlet } from './outlet.ts'
import { isKnownMethod, plainReply } from './results.ts'
import type { Turn } from './turn.ts'
import { createTurn } from './turn.ts'
import type { World } from './world.ts'
import { remember } from './world.ts'

/** Takes one message, whatever transport it came by; `text` is what it was read from. */
export function receive(heard: Heard, text: string, world: World, outlet: Outlet): void {
  remember(world, heard)
  if (heard.method === undefined) return answered(heard, text, world)
  if (heard.method === 'notifications/cancelled') return cancel(heard, world)
  if (heard.id === undefined) return

  const manners = world.manners.now()
  const problem = refusal(heard, manners)
  if (problem !== undefined)
    return outlet.finish(`{"jsonrpc":"2.0","id":${heard.id},"error":${problem}}`)
  if (heard.method === 'subscriptions/listen') return listen(heard, world, outlet)

  const { id } = heard
  const steps = stepsFor(heard, manners)
  if (!steps) return outlet.finish(plainReply(heard, world))
  const turn = createTurn(heard, outlet, world)
  void done(runSteps(steps, turn), turn).finally(() => world.open.delete(id))
}

async function done(running: Promise<void>, turn: Turn): Promise<void> {
  try {
    await running
  } catch (error) {
    process.stderr.write(`a step failed: ${String(error)}\n`)
    turn.outlet.finish(turn.replyText({ error: { code: -32603, message: String(error) } }))
  }
}

/** What a server of this era says to such a request, be the method known or not. */
function refusal(heard: Heard, { era = 'both' }: Manners): string | undefined {
  const { method = '', isModern } = heard
  const isForeign =
    (era === 'legacy' && (method === 'server/discover' || method === 'subscriptions/listen')) ||
    (era === 'modern' && legacyOnly.has(method))
  if (!isKnownMethod(method) || isForeign) return '{"code":-32601,"message":"Method not found"}'
  if (era === 'modern' && !isModern)
    return '{"code":-32602,"message":"Invalid params: _meta is missing"}'
  return undefined
}

const legacyOnly = new Set([
  'initialize',
  'ping',
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
])

function stepsFor({ method = '', params }: Heard, { on }: Manners): readonly Step[] | undefined {
  const own = params.arguments?.['script']
  if (method === 'tools/call' && own !== undefined) return [own].flat().filter(isStep)
  return on?.[`${method}:${String(params.name)}`] ?? on?.[method] ?? on?.['*']
}

function listen({ id = 'null', params }: Heard, { listens, open }: World, outlet: Outlet): void {
  const honoured = params.notifications ?? {}
  const meta = `"_meta":{"${reserved}subscriptionId":${id}}`
  outlet.say(
    `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":${JSON.stringify(honoured)},${meta}}}`,
  )
  listens.set(id, { say: (text) => outlet.say(text), honoured })
  const forget = (): void => void listens.delete(id)
  open.set(id, forget)
  outlet.left()?.addEventListener('abort', forget)
}

function answered({ id }: Heard, text: string, { questions }: World): void {
  if (id !== undefined) questions.get(id)?.(text)
}

function cancel({ params }: Heard, { open, seen }: World): void {
  const id = JSON.stringify(params.requestId)
  seen.cancelled.push(id)
  open.get(id)?.()
}
