import type { FunctionTool } from '../../contract/chat.ts'
import { isRecord } from '../../kit/is-record.ts'
import { plainText } from '../plain-text.ts'
import type { Provider } from '../provider.ts'

/** A model that is none: it calls the tool that a message names, and says what came back. To see tools and consent work without any key. */
export const demoProvider: Provider = {
  name: 'demo',
  models: async () => ['demo'],
  async *turn({ messages, tools, toolChoice }) {
    const last = messages.at(-1)
    const answer = last?.role === 'tool' ? plainText(last) : undefined
    const asked = plainText(messages.findLast(({ role }) => role === 'user'))
    const tool = answer === undefined && toolChoice !== 'none' ? namedIn(asked, tools) : undefined
    if (tool) {
      const { name } = tool.function
      const argumentsPart = JSON.stringify(argumentsFor(tool, asked))
      yield { kind: 'call', index: 0, name, argumentsPart }
      return yield { kind: 'finish', reason: 'tool_calls' }
    }
    for (const word of sayAbout(asked, answer, tools).split(/(?<= )/)) {
      yield { kind: 'text', text: word }
    }
    yield { kind: 'finish', reason: 'stop' }
  },
}

function sayAbout(asked: string, answer: string | undefined, tools: readonly FunctionTool[]) {
  if (answer !== undefined) return `This is what came back:\n\n${answer}`
  const names = tools.slice(0, 20).map(({ function: tool }) => tool.name)
  const known = names.length === 0 ? 'There are no tools.' : `The tools: ${names.join(', ')}.`
  return `This is the demonstration, not a model; you said: "${asked}". Name a tool, with arguments as JSON if it takes any, and it is called. ${known}`
}

function namedIn(text: string, tools: readonly FunctionTool[]): FunctionTool | undefined {
  const words = new Set(text.split(/[^\w.-]+/))
  return tools.find(({ function: tool }) => words.has(tool.name))
}

/** The JSON in the message; else what is in it is given to the first parameter that takes text. */
function argumentsFor({ function: tool }: FunctionTool, text: string): unknown {
  const json = parsed(/\{.*\}/s.exec(text)?.[0])
  if (isRecord(json)) return json
  const { properties, required } = tool.parameters ?? {}
  const shapes = isRecord(properties) ? properties : {}
  const wanted: readonly unknown[] = Array.isArray(required) ? required : []
  const rest = text.slice(text.indexOf(tool.name) + tool.name.length).trim()
  return Object.fromEntries(
    wanted
      .filter((key) => typeof key === 'string')
      .map((key) => [key, fits(shapes[key], 'string') ? rest : 0]),
  )
}

function fits(shape: unknown, type: string): boolean {
  return isRecord(shape) && shape['type'] === type
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
