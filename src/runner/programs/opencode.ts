import type { LlmProgramConfig } from '../../contract/llm.ts'

/** `opencode`, whose permissions are not arguments but configuration. */
export const opencode: LlmProgramConfig = {
  command: [
    'opencode',
    'run',
    '{stream_args}',
    // For a session without a title it asks another model for one.
    '--title',
    'gantry',
    '{model_args}',
    '{resume_args}',
  ],
  streamArgs: ['--format', 'json'],
  modelArgs: ['-m', '{model}'],
  resumeArgs: ['-s', '{session}'],
  permissions: {
    safe: { args: [], env: { OPENCODE_PERMISSION: '{"*":"deny"}' } },
    edit: { args: [], env: { OPENCODE_PERMISSION: '{"*":"deny","read":"allow","edit":"allow"}' } },
  },
  tools: {
    args: [],
    env: { OPENCODE_CONFIG: '{tools_file}' },
    file: JSON.stringify({
      mcp: {
        gantry: {
          type: 'remote',
          url: '{tools_url}',
          headers: { Authorization: 'Bearer {tools_key}' },
          oauth: false,
        },
      },
      agent: { build: { permission: { 'gantry_*': 'allow' } } },
    }),
  },
  events: 'opencode',
  env: { OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_LSP_DOWNLOAD: '1' },
  passEnv: [
    'ANTHROPIC_API_KEY',
    'GEMINI_API_KEY',
    'OPENAI_API_KEY',
    'OPENCODE_API_KEY',
    'OPENCODE_CONFIG',
    'OPENCODE_CONFIG_CONTENT',
    'OPENCODE_CONFIG_DIR',
    'OPENROUTER_API_KEY',
    'XDG_CACHE_HOME',
    'XDG_CONFIG_HOME',
    'XDG_DATA_HOME',
    'XDG_STATE_HOME',
  ],
  sandbox: {
    write: [
      '~/.cache/opencode/',
      '~/.config/opencode/',
      '~/.local/share/opencode/',
      '~/.local/state/opencode/',
      '$XDG_CACHE_HOME',
      '$XDG_CONFIG_HOME',
      '$XDG_DATA_HOME',
      '$XDG_STATE_HOME',
    ],
    read: ['$OPENCODE_CONFIG', '$OPENCODE_CONFIG_DIR'],
  },
  versionArgs: ['--version'],
}
