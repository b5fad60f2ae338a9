import type { CallToolResult, McpServer, ServerContext } from '@modelcontextprotocol/server'
import { z } from 'zod'

import { LlmResult } from '../../contract/llm.ts'
import type { RunRequest } from '../../runner/check-request.ts'
import type { Runner } from '../../runner/runner.ts'
import { createReporter } from './reporter.ts'
import type { Reporting } from './reporter.ts'

const prompt = z.string().describe('What it is asked, handed over exactly as it is.')
const timeout = z
  .number()
  .positive()
  .optional()
  .describe('How many seconds it may take; left out, what is usual for the program.')
const modelId = z
  .string()
  .optional()
  .describe('Which model the program uses, by the name that it has there.')
const permission = z
  .enum(['safe', 'edit'])
  .optional()
  .describe('"safe": it only answers. "edit": it may change files, where the operator lets it.')
const asJson = {
  json_mode: z
    .boolean()
    .optional()
    .describe('Find the JSON in the answer: it comes as `parsed_json`.'),
  schema: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('A JSON Schema for the answer, which programs that can are held to.'),
}

/** What makes a program run and waits for its answer. */
export function registerRunTools(server: McpServer, runner: Runner): void {
  const names = [...runner.programs.keys()].join(', ')
  const model = z.string().describe(`The program to run: ${names}.`)
  const annotations = { readOnlyHint: false, openWorldHint: true }

  server.registerTool(
    'execute_llm',
    {
      title: 'Run an LLM program',
      description: 'Runs an LLM program with a prompt and gives its whole answer.',
      inputSchema: z.object({ model, prompt, timeout, ...asJson, model_id: modelId, permission }),
      outputSchema: LlmResult,
      annotations,
    },
    async (args, context) => asTool(await execute(runner, requestOf(args), context, 'steps')),
  )
  server.registerTool(
    'stream_llm',
    {
      title: 'Run an LLM program and follow its answer',
      description:
        'Runs an LLM program with a prompt; its answer comes in pieces, as the messages of progress notifications and as log notifications, and whole at the end.',
      inputSchema: z.object({ model, prompt, timeout, model_id: modelId, permission }),
      outputSchema: LlmResult,
      annotations,
    },
    async (args, context) => {
      const result = await execute(runner, requestOf(args), context, 'pieces')
      return asTool(result, result.output)
    },
  )
  registerResume(server, runner)
}

function registerResume(server: McpServer, runner: Runner): void {
  const sessionId = z.string().describe('`session_id` of an earlier result.')
  const model = z
    .string()
    .optional()
    .describe('The program whose session it is; left out, the one that it was last heard of in.')

  server.registerTool(
    'resume_llm',
    {
      title: 'Go on with a session',
      description: 'Asks an LLM program further in a session that an earlier run has begun.',
      inputSchema: z.object({
        session_id: sessionId,
        prompt,
        model,
        timeout,
        ...asJson,
        model_id: modelId,
        permission,
      }),
      outputSchema: LlmResult,
      annotations: { readOnlyHint: false, openWorldHint: true },
    },
    async ({ session_id: session, ...args }, context) => {
      const program = args.model ?? (await runner.findSession(session))?.model
      if (program === undefined) return unknownSession(session)
      const request = { ...requestOf({ ...args, model: program }), session }
      return asTool(await execute(runner, request, context, 'pieces'))
    },
  )
}

interface RunArguments {
  readonly model: string
  readonly prompt: string
  readonly timeout?: number | undefined
  readonly json_mode?: boolean | undefined
  readonly schema?: Readonly<Record<string, unknown>> | undefined
  readonly model_id?: string | undefined
  readonly permission?: RunRequest['permission']
}

function requestOf(args: RunArguments): RunRequest {
  const { model: program, prompt: asked, timeout: seconds, schema } = args
  return {
    program,
    prompt: asked,
    model: args.model_id,
    timeoutMs: seconds === undefined ? undefined : Math.ceil(seconds * 1000),
    isJson: args.json_mode,
    schema,
    permission: args.permission,
  }
}

async function execute(
  runner: Runner,
  request: RunRequest,
  context: ServerContext,
  reporting: Reporting,
): Promise<LlmResult> {
  const reporter = createReporter(context, reporting)
  const run = runner.start(request, { signal: context.mcpReq.signal, hear: reporter.hear })
  reporter.started(run.id)
  const result = await run.done
  await reporter.end()
  return result
}

/** Readers of system D find the result as JSON in the text, others as structured content. */
function asTool(result: LlmResult, text = JSON.stringify(result)): CallToolResult {
  return {
    content: [{ type: 'text', text: result.success ? text : JSON.stringify(result) }],
    structuredContent: { ...result },
    ...(!result.success && { isError: true }),
  }
}

function unknownSession(session: string): CallToolResult {
  const known = JSON.stringify(session.slice(0, 100))
  return {
    content: [
      {
        type: 'text',
        text: `No run here has the session ${known}. Name the program in \`model\` if it began elsewhere.`,
      },
    ],
    isError: true,
  }
}
