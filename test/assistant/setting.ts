import type {
  ChatBudgets,
  ChatEnded,
  ChatEvent,
  ChatMessage,
  ToolOutcome,
} from '../../src/contract/chat.ts'
import { Chat, ChatProvider } from '../../src/contract/config/schema-chat.ts'
import { converse } from '../../src/assistant/converse.ts'
import { openModels } from '../../src/assistant/models.ts'
import type { Provider } from '../../src/assistant/provider.ts'
import type { ConverseDeps, ConverseRequest } from '../../src/assistant/talk.ts'
import type { Offered, Toolbox, ToolboxCall } from '../../src/assistant/toolbox.ts'
import type { WireServer } from './wire-server.ts'

type ProviderEntry = Partial<typeof ChatProvider._input>

const paths = { openai: '/v1', anthropic: '/v1', google: '/v1beta' } as const

/** A provider that is spoken to over a real socket. */
export function providerAt(server: Pick<WireServer, 'url'>, entry: ProviderEntry = {}): Provider {
  const { type = 'openai' } = entry
  const baseUrl = `${server.url}${paths[type]}`
  const providers = { fake: { type, baseUrl, apiKey: 'key-of-a-test', ...entry } }
  const chat = Chat.parse({ model: 'fake/m', providers })
  return openModels({ chat, environment: {}, fetchFor: () => fetch }).choose(undefined).provider
}

export interface TestTool {
  readonly name: string
  readonly schema?: Readonly<Record<string, unknown>>
  readonly annotations?: Readonly<Record<string, unknown>>
  readonly isTrusted?: boolean
  readonly run?: (call: ToolboxCall) => Promise<ToolOutcome> | ToolOutcome
}

export function resultOf(text: string): ToolOutcome {
  return { kind: 'result', isError: false, content: [{ type: 'text', text }] }
}

/** Tools that live in the test. */
export function toolboxOf(
  ...tools: readonly TestTool[]
): Toolbox & { readonly called: ToolboxCall[] } {
  const called: ToolboxCall[] = []
  return {
    called,
    list: async () => tools.map(toOffered),
    async call(call) {
      called.push(call)
      const tool = tools.find(({ name }) => name === call.name)
      return (await tool?.run?.(call)) ?? resultOf(`${call.name} ran`)
    },
  }
}

function toOffered({
  name,
  schema = { type: 'object' },
  annotations,
  isTrusted,
}: TestTool): Offered {
  return {
    definition: { type: 'function', function: { name, parameters: { ...schema } } },
    server: 'box',
    tool: name,
    inputSchema: schema,
    annotations,
    isTrusted,
  }
}

export type Asked = Partial<Omit<ConverseRequest, 'budgets'>> & {
  readonly budgets?: Partial<ChatBudgets>
}

const { budgets } = Chat.parse({})

/** A conversation that says "Go on." to begin with. */
export function requestWith(request: Asked = {}): ConverseRequest {
  return {
    model: 'm',
    messages: [{ role: 'user', content: 'Go on.' }],
    tools: [],
    extras: {},
    parallelCalls: 4,
    resultBytes: 10_000,
    taint: true,
    signal: new AbortController().signal,
    ...request,
    budgets: { ...budgets, ...request.budgets },
  }
}

export interface Told {
  readonly events: readonly ChatEvent[]
  readonly ended: ChatEnded
  /** Everything that was said. */
  readonly text: string
}

/** Everything that a conversation tells. */
export async function converseTo(
  deps: Pick<ConverseDeps, 'provider'> & Partial<ConverseDeps>,
  request: Asked = {},
): Promise<Told> {
  const events = await Array.fromAsync(
    converse({ toolbox: toolboxOf(), ...deps }, requestWith(request)),
  )
  const ended = events.at(-1)
  if (ended?.type !== 'ended') throw new Error('it did not end')
  const said = events.map((event) =>
    event.type === 'piece' && event.piece.kind === 'text' ? event.piece.text : '',
  )
  return { events, ended, text: said.join('') }
}

/** The calls of tools that are not answered exactly once. */
export function unansweredIn(messages: readonly ChatMessage[]): readonly string[] {
  const answers = messages.flatMap(({ tool_call_id: id }) => id ?? [])
  const made = messages.flatMap(({ tool_calls: list = [] }) => list.map(({ id }) => id))
  const wrong = made.filter((id) => answers.filter((one) => one === id).length !== 1)
  return [...wrong, ...answers.filter((id) => !made.includes(id))]
}
