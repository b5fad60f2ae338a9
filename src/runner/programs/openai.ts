import type { LlmProgramConfig } from '../../contract/llm.ts'

/** The command line of OpenAI's Python client, which takes a prompt as an argument only. */
export const openai: LlmProgramConfig = {
  command: [
    'openai',
    'api',
    'chat.completions.create',
    '{stream_args}',
    '{json_args}',
    '{model_args}',
    '-g',
    'user',
    '{prompt}',
  ],
  promptVia: 'argv',
  model: 'gpt-4',
  streamArgs: ['--stream'],
  modelArgs: ['-m', '{model}'],
  events: 'text',
  passEnv: ['OPENAI_API_KEY', 'OPENAI_BASE_URL'],
  rateLimit: ['rate limit', '429', 'quota exceeded'],
  auth: ['401', 'incorrect api key', 'api_key client option must be set'],
  versionArgs: ['--version'],
}
