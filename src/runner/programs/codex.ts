import type { LlmProgramConfig } from '../../contract/llm.ts'

/** OpenAI's `codex`. */
export const codex: LlmProgramConfig = {
  command: [
    'codex',
    'exec',
    '{stream_args}',
    // Its folder is an empty one of ours, or one that the operator named.
    '--skip-git-repo-check',
    '{permission_args}',
    '{tools_args}',
    '{model_args}',
    '{schema_args}',
    '{resume_args}',
    '-',
  ],
  streamArgs: ['--json'],
  modelArgs: ['-m', '{model}'],
  resumeArgs: ['resume', '{session}'],
  schemaArgs: ['--output-schema', '{schema_file}'],
  permissions: {
    safe: { args: ['-s', 'read-only'], env: {} },
    edit: { args: ['-s', 'workspace-write'], env: {} },
  },
  tools: {
    args: [
      '-c',
      'mcp_servers.gantry={url="{tools_url}",bearer_token_env_var="GANTRY_RUN_KEY",default_tools_approval_mode="approve",tool_timeout_sec=600}',
    ],
    env: { GANTRY_RUN_KEY: '{tools_key}' },
  },
  events: 'codex',
  passEnv: ['CODEX_HOME', 'CODEX_API_KEY', 'OPENAI_API_KEY'],
  rateLimit: ['429 too many requests', 'rate limit'],
  auth: ['401 unauthorized', 'not logged in'],
  sandbox: { write: ['~/.codex/', '$CODEX_HOME'] },
  versionArgs: ['--version'],
  // It also exits with 1 where a provider of the user's own works, so that tells nothing.
  authCheck: { args: ['login', 'status'], signedIn: [0], signedOut: [] },
}
