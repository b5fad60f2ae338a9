import type { LlmProgramConfig } from '../../contract/llm.ts'

/** GitHub's `copilot`. An empty list of tools means all of them to it, so one is named that is none. */
export const copilot: LlmProgramConfig = {
  command: [
    'copilot',
    '{stream_args}',
    '--disable-builtin-mcps',
    '--no-color',
    '{permission_args}',
    '{model_args}',
    '{resume_args}',
  ],
  streamArgs: ['--output-format', 'json'],
  modelArgs: ['--model', '{model}'],
  resumeArgs: ['--resume', '{session}'],
  permissions: {
    safe: { args: ['--available-tools', 'none'], env: {} },
    edit: { args: ['--allow-tool', 'write'], env: {} },
  },
  events: 'copilot',
  env: { COPILOT_AUTO_UPDATE: 'false' },
  passEnv: [
    'COPILOT_GITHUB_TOKEN',
    'COPILOT_HOME',
    'COPILOT_MODEL',
    'COPILOT_OFFLINE',
    'COPILOT_PROVIDER_API_KEY',
    'COPILOT_PROVIDER_BASE_URL',
    'GH_TOKEN',
    'GITHUB_TOKEN',
  ],
  sandbox: { write: ['~/.copilot/', '$COPILOT_HOME'], read: ['~/.config/gh'] },
  versionArgs: ['--version'],
}
