import type { McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'

import type { LlmProgram } from '../../contract/llm.ts'
import type { Runner } from '../../runner/runner.ts'
import type { ProgramStatus } from '../../runner/status.ts'

const ModelStatus = z.object({
  available: z.boolean(),
  message: z.string(),
  supports_json: z.boolean(),
  supports_streaming: z.boolean(),
  supports_schema: z.boolean().describe('Whether the program itself holds its model to a schema.'),
  supports_sessions: z.boolean(),
  state: z.enum(['ready', 'logged_out', 'unknown', 'missing']),
  version: z.string().optional(),
  last_limit: z
    .object({ at: z.string(), error: z.string(), resets_at: z.string().optional() })
    .optional(),
})

const Status = z.object({
  success: z.boolean(),
  models: z.record(z.string(), ModelStatus),
  timestamp: z.string(),
})

/** Says what is installed and signed in, without asking any model. */
export function registerStatusTool(server: McpServer, runner: Runner): void {
  server.registerTool(
    'get_llm_status',
    {
      title: 'LLM programs and their state',
      description:
        'Lists the LLM programs: installed or not, version, signed in or not where that can be known for free, and the last limit that was hit. No model is asked.',
      inputSchema: z.object({}),
      outputSchema: Status,
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    async () => {
      const statuses = await runner.status()
      const models = statuses.map((status) => [status.name, toModel(status, runner.programs)])
      const status = {
        success: true,
        models: Object.fromEntries(models),
        timestamp: new Date().toISOString(),
      }
      return {
        content: [{ type: 'text', text: JSON.stringify(status) }],
        structuredContent: status,
      }
    },
  )
}

function toModel(
  { name, state, message, version, lastLimit }: ProgramStatus,
  programs: ReadonlyMap<string, LlmProgram>,
): z.input<typeof ModelStatus> {
  const program = programs.get(name)
  return {
    available: state === 'ready' || state === 'unknown',
    message,
    supports_json: true,
    supports_streaming: true,
    supports_schema: (program?.schemaArgs.length ?? 0) > 0,
    supports_sessions: (program?.resumeArgs.length ?? 0) > 0,
    state,
    ...(version !== undefined && { version }),
    ...(lastLimit && {
      last_limit: {
        at: lastLimit.at,
        error: lastLimit.error,
        ...(lastLimit.resetsAt !== undefined && { resets_at: lastLimit.resetsAt }),
      },
    }),
  }
}
