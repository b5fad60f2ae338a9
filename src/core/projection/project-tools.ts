import { printGemini } from './print-gemini.ts'
import type { NameKey } from './print-json-schema.ts'
import { printJsonSchema } from './print-json-schema.ts'
import type { Omitted, ProjectedTool, Projection } from './read-tools.ts'

export const formats = ['openai', 'anthropic', 'gemini'] as const
export type Format = (typeof formats)[number]

/** A tool as one provider wants it told. */
export type Definition = Readonly<Record<string, unknown>>

export interface ProjectedTools {
  /** In the order of their names, so that the same tools make the same text. */
  readonly tools: readonly Definition[]
  readonly omitted: readonly Omitted[]
}

/** The definitions of these tools for one provider; those that cannot be told to it are named with the reason. */
export function projectTools(
  projection: Pick<Projection, 'tools' | 'omitted'>,
  format: Format,
): ProjectedTools {
  const tools: Definition[] = []
  const omitted = [...projection.omitted]
  for (const tool of projection.tools.values()) {
    const definition = define(tool, format)
    const length = JSON.stringify(definition).length
    if (length <= definitionLimit) tools.push(definition)
    else {
      const reason = `its definition has ${length} characters, more than ${definitionLimit}`
      omitted.push({ name: tool.shown, server: tool.entry.server, reason })
    }
  }
  return { tools, omitted }
}

/** A definition this long would fill the context of a model by itself. */
const definitionLimit = 65_536
const openaiDescription = 1024

export function define(tool: ProjectedTool, format: Format): Definition {
  const { name, description, input } = tool
  const nameKey = keyNames(tool)
  switch (format) {
    case 'openai': {
      const parameters = { ...printJsonSchema(input, nameKey) }
      // Without it OpenAI refuses the whole request.
      if (input.properties.size === 0) Object.assign(parameters, { properties: {} })
      const words = clipped(description, openaiDescription)
      return { type: 'function', function: { name, ...told(words), parameters } }
    }
    case 'anthropic':
      return { name, ...told(description), input_schema: printJsonSchema(input, nameKey) }
    case 'gemini': {
      const hasParameters = input.properties.size > 0
      const parameters = hasParameters && { parameters: printGemini(input, nameKey) }
      return { name, ...told(description), ...parameters }
    }
    default:
      return format satisfies never
  }
}

/** How the parameters of a tool are called in its definitions. */
export function keyNames({ keys }: ProjectedTool): NameKey {
  const shown = new Map([...keys].map(([name, own]) => [own, name]))
  return (key) => shown.get(key) ?? key
}

function told(description: string): Definition {
  return description === '' ? {} : { description }
}

function clipped(text: string, limit: number): string {
  if (text.length <= limit) return text
  // Half of a character that takes two would be no text any more.
  return `${text.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}
