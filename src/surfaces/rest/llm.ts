import type { z } from 'zod'

import { GatewayError, isFailure } from '../../contract/gateway-error.ts'
import { llmServerName } from '../../contract/llm-server.ts'
import { cancelLlmRun, getLlmRun, listLlmRuns, llmStatus } from '../../contract/rest/llm.ts'
import { toJson } from '../../wire/bytes.ts'
import type { Endpoint } from './endpoint.ts'
import { endpoint } from './endpoint.ts'
import type { CallTool, ToolVisit } from './tools.ts'

/** Runs of LLM programs. Each is a call of a tool of that server: what holds of those holds here. */
export function llmEndpoints(call: CallTool): readonly Endpoint[] {
  /** What the tool gave; undefined when it says that there is no such thing. */
  async function ask<Value>(
    { access, signal }: Pick<ToolVisit, 'access' | 'signal'>,
    tool: string,
    { args, shape }: { readonly args: object; readonly shape: z.ZodType<Value> },
  ): Promise<Value | undefined> {
    try {
      const asked = { name: { server: llmServerName, tool }, args: toJson(args) }
      const visit = { access, signal, idempotencyKey: undefined, progress: undefined }
      const { is_error: isError, structured_content: content } = await call(visit, asked)
      return isError ? undefined : shape.parse(content)
    } catch (error) {
      const isAway = isFailure(error, 'server_unknown') || isFailure(error, 'tool_unknown')
      throw isAway ? new GatewayError('llm_unavailable', undefined, { cause: error }) : error
    }
  }

  return [
    endpoint(llmStatus, async (request) => {
      const shape = llmStatus.reply
      return known(await ask(request, 'get_llm_status', { args: {}, shape }), '')
    }),
    endpoint(listLlmRuns, async (request) => {
      const shape = listLlmRuns.reply
      return known(await ask(request, 'list_llm_runs', { args: request.query, shape }), '')
    }),
    endpoint(getLlmRun, async (request) => {
      const { id } = request.params
      const args = { run_id: id, log: request.query.log }
      return known(await ask(request, 'get_llm_run', { args, shape: getLlmRun.reply }), id)
    }),
    endpoint(cancelLlmRun, async (request) => {
      const { id } = request.params
      const args = { run_id: id }
      const shape = cancelLlmRun.reply
      known(await ask(request, 'get_llm_run', { args, shape: getLlmRun.reply }), id)
      return known(await ask(request, 'cancel', { args, shape }), id)
    }),
  ]
}

function known<Value>(value: Value | undefined, run: string): Value {
  if (value !== undefined) return value
  throw new GatewayError('llm_run_unknown', { run })
}
