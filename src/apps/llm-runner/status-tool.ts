import type { McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'

import { LlmStatus } from '../../contract/llm.ts'
import type { LlmProgram, ProgramState } from '../../contract/llm.ts'
import type { Runner } from '../../runner/runner.ts'
import type { ProgramStatus } from '../../runner/status.ts'

/** Says what is installed and signed in, without asking any model. */
export function registerStatusTool(server: McpServer, runner: Runner): void {
  server.registerTool(
    'get_llm_status',
    {
      title: 'LLM programs and their state',
      description:
        'Lists the LLM programs: installed or not, version, signed in or not where that can be known for free, and the last limit that was hit. No model is asked.',
      inputSchema: z.object({}),
      outputSchema: LlmStatus,
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
  { name, state, message, version, lastLimit, isSandboxed }: ProgramStatus,
  programs: ReadonlyMap<string, LlmProgram>,
): ProgramState {
  const program = programs.get(name)
  return {
    available: state === 'ready' || state === 'unknown',
    message,
    supports_json: true,
    supports_streaming: true,
    supports_schema: program?.api !== undefined || (program?.schemaArgs.length ?? 0) > 0,
    supports_sessions: (program?.resumeArgs.length ?? 0) > 0,
    sandboxed: isSandboxed,
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
