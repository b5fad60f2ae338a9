import type { LlmProgramConfig } from '../../contract/llm.ts'

/** `qwen`, which prints the events of claude. */
export const qwen: LlmProgramConfig = {
  command: [
    'qwen',
    '{stream_args}',
    '--bare',
    '{permission_args}',
    '{model_args}',
    '{schema_args}',
    '{resume_args}',
  ],
  ownCommands: ['/'],
  streamArgs: ['-o', 'stream-json', '--include-partial-messages'],
  modelArgs: ['-m', '{model}'],
  resumeArgs: ['-r', '{session}'],
  schemaArgs: ['--json-schema', '{schema}'],
  permissions: {
    safe: { args: ['--approval-mode', 'plan'], env: {} },
    edit: { args: ['--approval-mode', 'auto-edit'], env: {} },
  },
  events: 'claude',
  passEnv: ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'OPENAI_MODEL', 'DASHSCOPE_API_KEY'],
  exitCodes: { '55': 'failed', '130': 'cancelled' },
  sandbox: { write: ['~/.qwen/'] },
  versionArgs: ['--version'],
}
