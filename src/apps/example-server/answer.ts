const text = (value: string) => ({ content: [{ type: 'text', text: value }] })

type Arguments = Readonly<Record<string, unknown>>

interface ExampleTool {
  readonly title: string
  readonly description: string
  readonly inputSchema: object
  readonly run: (args: Arguments, now: () => Date) => object
}

const number = { type: 'number' }

const tools: Readonly<Record<string, ExampleTool>> = {
  add: {
    title: 'Add',
    description: 'Adds two numbers.',
    inputSchema: { type: 'object', properties: { a: number, b: number }, required: ['a', 'b'] },
    run: ({ a, b }) =>
      typeof a === 'number' && typeof b === 'number'
        ? text(String(a + b))
        : { ...text('"a" and "b" must be numbers'), isError: true },
  },
  echo: {
    title: 'Echo',
    description: 'Says back what it is told.',
    inputSchema: {
      type: 'object',
      properties: { message: { type: 'string' } },
      required: ['message'],
    },
    run: ({ message }) => text(String(message)),
  },
  clock: {
    title: 'Clock',
    description: 'Tells the time in UTC.',
    inputSchema: { type: 'object' },
    run: (_args, now) => text(now().toISOString()),
  },
}

interface Request {
  readonly id?: unknown
  readonly method?: unknown
  readonly params?: {
    readonly name?: unknown
    readonly arguments?: Arguments
    readonly protocolVersion?: unknown
  }
}

/** The answer to one line; nothing for notifications. */
export function answer(line: string, now: () => Date): object | undefined {
  const request = parse(line)
  if (!request) return { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'not JSON' } }
  if (request.id === undefined) return undefined
  const outcome = serve(request, now)
  return { jsonrpc: '2.0', id: request.id, ...outcome }
}

function parse(line: string): Request | undefined {
  try {
    const request: Request = JSON.parse(line)
    return request
  } catch {
    // Answered with an error of its own.
    return undefined
  }
}

function serve(
  { method, params }: Request,
  now: () => Date,
): { result: object } | { error: object } {
  switch (method) {
    case 'initialize':
      return {
        result: {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: 'gantry-example', title: 'Example server', version: '1.0.0' },
        },
      }
    case 'ping':
      return { result: {} }
    case 'tools/list':
      return {
        result: {
          tools: Object.entries(tools).map(([name, { run: _run, ...tool }]) => ({ name, ...tool })),
        },
      }
    case 'tools/call': {
      const tool = Object.hasOwn(tools, String(params?.name))
        ? tools[String(params?.name)]
        : undefined
      if (!tool)
        return { error: { code: -32602, message: `No tool is named "${String(params?.name)}"` } }
      return { result: tool.run(params?.arguments ?? {}, now) }
    }
    default:
      return { error: { code: -32601, message: `Method "${String(method)}" is not known` } }
  }
}
