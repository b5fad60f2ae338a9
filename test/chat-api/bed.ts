import { setTimeout as pause } from 'node:timers/promises'
import OpenAI from 'openai'
import type { FakeProvider, FakeProviderOptions } from '../fixtures/provider/provider.ts'
import { startFakeProvider } from '../fixtures/provider/provider.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import type { Script } from '../fixtures/scripted/script.ts'
import { textResult, tool } from '../fixtures/scripted/script.ts'
import type { RunningGateway } from '../kit/gateway.ts'

export interface Bed extends AsyncDisposable {
  readonly gateway: RunningGateway
  readonly provider: FakeProvider
  /** The official client, as its users make it; nobody looks at the key. */
  readonly client: OpenAI
  readonly clientWith: (apiKey: string) => OpenAI
  /** What tools were called with, as "tool arguments". */
  readonly calls: readonly string[]
  /** How many calls of the tool that waits are under way. */
  readonly waiting: () => number
}

export interface BedOptions {
  readonly config?: Readonly<Record<string, unknown>>
  readonly provider?: FakeProviderOptions
  /** Providers beside the one that does as it is told. */
  readonly providers?: Readonly<Record<string, unknown>>
}

const readOnly = ',"annotations":{"readOnlyHint":true,"openWorldHint":false}'

/** A server whose tools read, write and wait, and what they were called with. */
function createNotes() {
  const calls: string[] = []
  let waiting = 0
  const script: Script = {
    era: 'modern',
    tools: [
      tool('look_up', readOnly),
      tool('wait', readOnly),
      tool('remove', ',"annotations":{"destructiveHint":true}'),
    ],
    on: {
      'tools/call': async ({ heard, answer, left }) => {
        const name = String(heard.params['name'])
        const args = JSON.stringify(heard.params['arguments'])
        calls.push(`${name} ${args}`)
        if (name !== 'wait') return answer(textResult(`${name} did ${args}`))
        waiting++
        await pause(60_000, undefined, { signal: left }).catch(() => undefined)
        waiting--
      },
    },
  }
  return { script, calls, waiting: () => waiting }
}

/** A gateway before a provider that does as it is told, and before the server of notes. */
export async function openBed({
  config = {},
  provider: told = {},
  providers = {},
}: BedOptions = {}): Promise<Bed> {
  await using undo = new AsyncDisposableStack()
  const provider = undo.use(await startFakeProvider(told))
  const { script, calls, waiting } = createNotes()
  const way = { baseUrl: `${provider.url}/v1`, apiKey: 'sk-fake', allowPrivate: true }
  const chat = { providers: { fake: way, other: way, ...providers } }
  const bed = undo.use(
    await startScripted(
      'http',
      { notes: script },
      { entry: { trustAnnotations: true }, config: { chat, ...config } },
    ),
  )
  const { gateway } = bed
  const clientWith = (apiKey: string): OpenAI =>
    new OpenAI({ apiKey, baseURL: `http://127.0.0.1:${gateway.port}/v1`, maxRetries: 0 })
  const owned = undo.move()
  return {
    gateway,
    provider,
    client: clientWith('none'),
    clientWith,
    calls,
    waiting,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** One of the caller's own tools. */
export function ownTool(name: string): OpenAI.ChatCompletionFunctionTool {
  return {
    type: 'function',
    function: { name, parameters: { type: 'object', properties: { a: { type: 'number' } } } },
  }
}

/** What a client sends that knows of this gateway. */
export function withGantry<Params>(
  params: Params,
  gantry: Readonly<Record<string, unknown>>,
): Params {
  return { ...params, gantry }
}

/** The field that only this gateway has. */
// oxlint-disable-next-line typescript/no-explicit-any -- a test looks into what it expects
export function gantryOf(answer: object): any {
  return Reflect.get(answer, 'gantry')
}
