import type { LlmProgramConfig } from '../../contract/llm.ts'

/** Anthropic's `claude`, signed in as the person who runs us; its API key variable is not passed on. */
export const claude: LlmProgramConfig = {
  command: [
    'claude',
    '-p',
    '{stream_args}',
    '{permission_args}',
    '{tools_args}',
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
        '--disable-slash-commands',
        '--restricted',
        '--tools',
        '',
      ],
      env: {},
    },
    edit: { args: ['--permission-mode', 'acceptEdits'], env: {} },
  },
  tools: {
    args: ['--mcp-config', '{tools_file}', '--allowedTools', 'mcp__gantry'],
    env: {},
    file: JSON.stringify({
      mcpServers: {
        gantry: {
          type: 'http',
          url: '{tools_url}',
          headers: { Authorization: 'Bearer {tools_key}' },
        },
      },
    }),
  },
  events: 'claude',
  env: { DISABLE_AUTOUPDATER: '1' },
  passEnv: ['CLAUDE_CONFIG_DIR', 'ANTHROPIC_BASE_URL'],
  rateLimit: ['rate limit', 'too many requests', 'usage limit', "you've hit your limit"],
  auth: ['invalid api key', 'please run /login', 'not logged in'],
  sandbox: { write: ['~/.claude/', '~/.claude.json', '$CLAUDE_CONFIG_DIR'] },
  versionArgs: ['--version'],
  authCheck: { args: ['auth', 'status', '--json'], signedIn: [0], signedOut: [1] },
}
