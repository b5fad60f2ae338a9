import type { CallToolResult, McpServer, ServerContext } from '@modelcontextprotocol/server'

import { LlmResult } from '../../contract/llm.ts'
import type { Runner } from '../../runner/runner.ts'
import { runsOf, underWay, unknownSession } from './caller.ts'
import type { Asked, LlmCaller } from './caller.ts'
import { createReporter } from './reporter.ts'
import type { Reporting } from './reporter.ts'
import { askedBy, executeInput, resumeInput, streamInput } from './run-inputs.ts'

/** Who calls a tool. */
export type CallerOf = (context: ServerContext) => LlmCaller

const annotations = { readOnlyHint: false, openWorldHint: true }

/** What makes a program run and waits for its answer; gives what is to be called when the programs are others. */
export function registerRunTools(
  server: McpServer,
  runner: Runner,
  callerOf: CallerOf,
): () => void {
  const execute = createExecute(runner, callerOf)
  const names = () => [...runner.programs.keys()].join(', ')

  const executing = server.registerTool(
    'execute_llm',
    {
      title: 'Run an LLM program',
      description: 'Runs an LLM program with a prompt and gives its whole answer.',
      inputSchema: executeInput(names()),
      outputSchema: LlmResult,
      annotations,
    },
    async ({ detach, ...args }, context) =>
      asTool(await execute(askedBy(args), context, { reporting: 'steps', detach })),
  )
  const streaming = server.registerTool(
    'stream_llm',
    {
      title: 'Run an LLM program and follow its answer',
      description:
        'Runs an LLM program with a prompt; its answer comes in pieces, as the messages of progress notifications and as log notifications, and whole at the end.',
      inputSchema: streamInput(names()),
      outputSchema: LlmResult,
      annotations,
    },
    async (args, context) => {
      const result = await execute(askedBy(args), context, { reporting: 'pieces' })
      return asTool(result, typeof result === 'string' ? undefined : result.output)
    },
  )
  server.registerTool(
    'resume_llm',
    {
      title: 'Go on with a session',
      description: 'Asks an LLM program further in a session that an earlier run has begun.',
      inputSchema: resumeInput,
      outputSchema: LlmResult,
      annotations,
    },
    async ({ session_id: session, detach, ...args }, context) => {
      const runs = runsOf(runner, callerOf(context))
      const program = args.model ?? (await runs.findSession(session))?.model
      if (program === undefined) return refusal(unknownSession(session))
      const asked = { ...askedBy({ ...args, model: program }), session }
      return asTool(await execute(asked, context, { reporting: 'pieces', detach }))
    },
  )
  return () => {
    executing.update({ paramsSchema: executeInput(names()) })
    streaming.update({ paramsSchema: streamInput(names()) })
  }
}

interface Manner {
  readonly reporting: Reporting
  readonly detach?: boolean | undefined
}

/** A text says why nothing was run. */
function createExecute(runner: Runner, callerOf: CallerOf) {
  return async (
    asked: Asked,
    context: ServerContext,
    { reporting, detach }: Manner,
  ): Promise<LlmResult | string> => {
    const caller = callerOf(context)
    const runs = runsOf(runner, caller)
    if (detach === true) {
      if (!caller.mayDetach) return 'A run cannot leave other runs behind: leave out `detach`.'
      const run = await runs.start(asked)
      return typeof run === 'string' ? run : told(run)
    }
    const reporter = createReporter(context, reporting)
    const { signal } = context.mcpReq
    const run = await runs.start(asked, { signal, hear: reporter.hear })
    if (typeof run === 'string') return run
    reporter.started(run.id)
    const result = await run.done
    await reporter.end()
    return result
  }
}

/** One that was refused has its result already. */
function told(run: Parameters<typeof underWay>[0]): LlmResult {
  return run.record().result ?? underWay(run)
}

/** Readers of system D find the result as JSON in the text, others as structured content. */
function asTool(result: LlmResult | string, text = JSON.stringify(result)): CallToolResult {
  if (typeof result === 'string') return refusal(result)
  return {
    content: [{ type: 'text', text: result.success ? text : JSON.stringify(result) }],
    structuredContent: { ...result },
    ...(!result.success && { isError: true }),
  }
}

function refusal(text: string): CallToolResult {
  return { content: [{ type: 'text', text }], isError: true }
}
