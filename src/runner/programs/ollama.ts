import type { LlmProgramConfig } from '../../contract/llm.ts'

/** `ollama`, which has no model of its own choice: a call or the configuration names one. */
export const ollama: LlmProgramConfig = {
  command: ['ollama', 'run', '{model}'],
  events: 'text',
  passEnv: ['OLLAMA_HOST', 'OLLAMA_MODELS'],
  sandbox: { write: ['~/.ollama/'] },
  versionArgs: ['--version'],
}
