import type { Heard } from './heard.ts'
import type { World } from './world.ts'

/** What a tool came to. */
export interface ToolText {
  readonly text: string
  readonly isError?: boolean
}

interface Tool {
  readonly name: string
  readonly annotations?: object
  readonly run: (args: Readonly<Record<string, unknown>>, world: World) => string
}

/** Every tool gives back the `nonce` it was called with, or else what it would say. */
const tools: readonly Tool[] = [
  {
    name: 'echo',
    annotations: { readOnlyHint: true },
    run: ({ text }) => (typeof text === 'string' ? text : 'echo'),
  },
  { name: 'count', run: (_args, { totals }) => String(totals.executed) },
  {
    name: 'add_idempotent',
    annotations: { idempotentHint: true },
    run: ({ a, b }) => String(Number(a ?? 0) + Number(b ?? 0)),
  },
  { name: 'slow', run: () => 'slow' },
  { name: 'fault', run: () => 'done' },
  {
    name: 'report',
    annotations: { readOnlyHint: true },
    run: (_args, { seen }) =>
      JSON.stringify({ argv: process.argv, env: process.env, pid: process.pid, ...seen }),
  },
]

const inputSchema = { type: 'object' }

/** As `tools/list` shows them. */
export function listedTools(more: number): readonly string[] {
  const extra = Array.from({ length: more }, (_, index) => ({ name: `extra_${index}` }))
  return [...tools, ...extra].map(({ name, ...rest }) =>
    JSON.stringify({
      name,
      inputSchema,
      ...('annotations' in rest && { annotations: rest.annotations }),
    }),
  )
}

export function toolNamed(name: unknown): Tool | undefined {
  return tools.find((tool) => tool.name === name)
}

/** Runs the tool and leaves a line where its caller gave an id. */
export function executeTool({ method, params }: Heard, world: World): ToolText | undefined {
  if (method !== 'tools/call') return undefined
  const { name, arguments: args = {} } = params
  const { callId, nonce } = args
  world.totals.executed += 1
  if (typeof callId === 'string') world.executions.write(callId, String(name))
  const text = toolNamed(name)?.run(args, world) ?? String(name)
  return { text: typeof nonce === 'string' ? nonce : text }
}
