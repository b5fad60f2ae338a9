import { McpServer } from '@modelcontextprotocol/server'

import type { Runner } from '../../runner/runner.ts'
import { registerBookTools } from './book-tools.ts'
import { instructions } from './instructions.ts'
import { registerRunTools } from './run-tools.ts'
import type { CallerOf } from './run-tools.ts'
import { registerStatusTool } from './status-tool.ts'

export interface LlmServerOptions {
  readonly version: string
  readonly callerOf: CallerOf
}

export interface LlmServer {
  readonly server: McpServer
  /** The programs are others now. */
  readonly refresh: () => void
}

/** The tools of the runner for one connection. */
export function createLlmServer(
  runner: Runner,
  { version, callerOf }: LlmServerOptions,
): LlmServer {
  const server = new McpServer(
    { name: 'gantry-llm', title: 'LLM programs', version },
    {
      capabilities: { tools: {}, logging: {} },
      instructions,
    },
  )
  const refresh = registerRunTools(server, runner, callerOf)
  registerStatusTool(server, runner)
  registerBookTools(server, runner, callerOf)
  return { server, refresh }
}
