import type { LlmProgramConfig } from '../../contract/llm.ts'

/** Anthropic's `claude`, signed in as the person who runs us; its API key variable is not passed on. */
export const claude: LlmProgramConfig = {
  command: [
    'claude',
    '-p',
    '{stream_args}',
    '{permission_args}',
    '{model_args}',
    '{schema_args}',
    '{resume_args}',
    // No server that a project or the user configured starts in a run.
    '--strict-mcp-config',
    '--setting-sources',
    'user',
  ],
  streamArgs: ['--output-format', 'stream-json', '--verbose', '--include-partial-messages'],
  modelArgs: ['--model', '{model}'],
  resumeArgs: ['--resume', '{session}'],
  schemaArgs: ['--json-schema', '{schema}'],
  permissions: {
    safe: {
      args: [
        '--permission-mode',
        'dontAsk',
        '--permission-prompts',
        'none',
        '--restricted',
        '--tools',
        '',
      ],
      env: {},
    },
    edit: { args: ['--permission-mode', 'acceptEdits'], env: {} },
  },
  events: 'claude',
  env: { DISABLE_AUTOUPDATER: '1' },
  passEnv: ['CLAUDE_CONFIG_DIR', 'ANTHROPIC_BASE_URL'],
  rateLimit: ['rate limit', 'too many requests', 'usage limit', "you've hit your limit"],
  auth: ['invalid api key', 'please run /login', 'not logged in'],
  versionArgs: ['--version'],
  authCheck: { args: ['auth', 'status', '--json'], signedIn: [0], signedOut: [1] },
}
