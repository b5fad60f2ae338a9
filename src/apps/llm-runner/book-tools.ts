import type { McpServer, ServerContext } from '@modelcontextprotocol/server'
import { z } from 'zod'

import { RunRecord, RunSummary } from '../../contract/llm.ts'
import type { Runner } from '../../runner/runner.ts'
import { runsOf } from './caller.ts'
import type { CallerOf } from './run-tools.ts'

const runId = z.string().describe('`run_id` of a result, or from `list_llm_runs`.')
const logCharacters = 100_000

/** What looks at runs, and ends one. */
export function registerBookTools(server: McpServer, runner: Runner, callerOf: CallerOf): void {
  const runsFor = (context: ServerContext) => runsOf(runner, callerOf(context))

  server.registerTool(
    'list_llm_runs',
    {
      title: 'Runs of LLM programs',
      description: 'Lists the last runs, those that go on as well as those that have ended.',
      inputSchema: z.object({
        limit: z.int().min(1).max(1000).default(20).describe('How many, the last ones first.'),
      }),
      outputSchema: z.object({ runs: z.array(RunSummary) }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    async ({ limit }, context) => {
      const records = await runsFor(context).list(limit)
      return toResult({ runs: records.map((record) => RunSummary.parse(record)) })
    },
  )
  server.registerTool(
    'get_llm_run',
    {
      title: 'One run of an LLM program',
      description: 'Reads one run and its result, also when whoever asked for it has gone.',
      inputSchema: z.object({
        run_id: runId,
        log: z.boolean().optional().describe('Whether what the program printed is wanted too.'),
      }),
      outputSchema: RunRecord.unwrap().extend({ log: z.string().optional() }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    async ({ run_id: id, log }, context) => {
      const runs = runsFor(context)
      const record = await runs.read(id)
      if (!record) return { ...toResult({ error: `There is no run ${id}` }), isError: true }
      const printed = log === true && (await runs.printed(id)).slice(-logCharacters)
      return toResult({ ...record, ...(typeof printed === 'string' && { log: printed }) })
    },
  )
  server.registerTool(
    'cancel',
    {
      title: 'Cancel a run',
      description: 'Ends a run of an LLM program and everything that the program has started.',
      inputSchema: z.object({ run_id: runId }),
      outputSchema: z.object({
        cancelled: z.boolean().describe('false: there was no such run, or it had ended.'),
      }),
      annotations: { readOnlyHint: false, idempotentHint: true, openWorldHint: false },
    },
    async ({ run_id: id }, context) => toResult({ cancelled: await runsFor(context).cancel(id) }),
  )
}

function toResult(value: Readonly<Record<string, unknown>>) {
  return {
    content: [{ type: 'text' as const, text: JSON.stringify(value) }],
    structuredContent: { ...value },
  }
}
