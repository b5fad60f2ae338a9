import { z } from 'zod'

import { LlmStatus, RunRecord, RunSummary } from '../llm.ts'
import { route } from './route.ts'
import { relayFailures } from './tools.ts'

const tag = 'llm'
const OneRun = z.strictObject({ id: z.string().min(1).max(64) })
const needs = { scope: ['read', 'call'], narrowed: true } as const

export const llmStatus = route({
  id: 'llm_status',
  method: 'get',
  path: '/llm/status',
  tag,
  summary: 'LLM programs: which are installed and signed in; no model is asked',
  description: 'These addresses stand for the tools of the server `llm`, and need the same rights.',
  ...needs,
  reply: LlmStatus.meta({ id: 'LlmStatus' }),
  fails: ['llm_unavailable', ...relayFailures],
})

export const listLlmRuns = route({
  id: 'list_llm_runs',
  method: 'get',
  path: '/llm/runs',
  tag,
  summary: 'The last runs of LLM programs that you may know of, the newest first',
  ...needs,
  query: z.strictObject({ limit: z.int().min(1).max(1000).default(20) }),
  reply: z.object({ runs: z.array(RunSummary.meta({ id: 'LlmRunSummary' })) }),
  fails: ['llm_unavailable', ...relayFailures],
})

export const getLlmRun = route({
  id: 'get_llm_run',
  method: 'get',
  path: '/llm/runs/{id}',
  tag,
  summary: 'One run and its result',
  ...needs,
  params: OneRun,
  query: z.strictObject({
    log: z.boolean().default(false).describe('Whether what the program printed is wanted too.'),
  }),
  reply: RunRecord.unwrap().extend({ log: z.string().optional() }).meta({ id: 'LlmRun' }),
  fails: ['llm_unavailable', 'llm_run_unknown', ...relayFailures],
})

export const cancelLlmRun = route({
  id: 'cancel_llm_run',
  method: 'delete',
  path: '/llm/runs/{id}',
  tag,
  summary: 'End a run and everything that its program has started',
  ...needs,
  params: OneRun,
  reply: z
    .object({ cancelled: z.boolean().describe('false: it had ended.') })
    .meta({ id: 'LlmRunCancelled' }),
  fails: ['llm_unavailable', 'llm_run_unknown', ...relayFailures],
})
