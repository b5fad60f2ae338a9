import { failure } from '../failure-row.ts'

/** Runs of LLM programs. */
export const llmFailures = {
  llm_unavailable: failure({
    status: 404,
    rpc: -32602,
    retryable: false,
    message: () => 'No LLM programs are offered here',
    remedy: () => 'Write `"llm": {}` into the configuration, and run `gantry reload`.',
  }),
  llm_run_unknown: failure({
    status: 404,
    rpc: -32602,
    retryable: false,
    message: (d: { run: string }) => `There is no run "${d.run}" of yours`,
    remedy: () => 'Run `gantry llm runs` to list them; old ones are removed.',
  }),
  llm_refused: failure({
    status: 422,
    rpc: -32602,
    retryable: false,
    message: (d: { problem: string }) => d.problem,
    remedy: () => 'Change what is asked for, or the configuration.',
  }),
} as const
