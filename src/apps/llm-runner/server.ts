import { McpServer } from '@modelcontextprotocol/server'

import type { Runner } from '../../runner/runner.ts'
import { registerBookTools } from './book-tools.ts'
import { registerRunTools } from './run-tools.ts'
import { registerStatusTool } from './status-tool.ts'

/** The tools of the runner for one connection. */
export function createLlmServer(runner: Runner, version: string): McpServer {
  const server = new McpServer(
    { name: 'gantry-llm', title: 'LLM programs', version },
    {
      capabilities: { tools: {}, logging: {} },
      instructions:
        'Runs LLM command-line programs. `get_llm_status` lists them; `execute_llm` and `stream_llm` run one; a result with `session_id` goes on with `resume_llm`.',
    },
  )
  registerRunTools(server, runner)
  registerStatusTool(server, runner)
  registerBookTools(server, runner)
  return server
}
