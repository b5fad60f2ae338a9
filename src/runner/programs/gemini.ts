import type { LlmProgramConfig } from '../../contract/llm.ts'

/** Google's `gemini`. An HTTP status that ends it is its exit code, as far as one byte holds it. */
export const gemini: LlmProgramConfig = {
  command: ['gemini', '{stream_args}', '{permission_args}', '{model_args}', '{resume_args}'],
  streamArgs: ['-o', 'stream-json'],
  modelArgs: ['-m', '{model}'],
  resumeArgs: ['-r', '{session}'],
  permissions: {
    safe: { args: ['--approval-mode', 'default'], env: {} },
    edit: { args: ['--approval-mode', 'auto_edit'], env: {} },
  },
  tools: {
    args: [],
    env: {},
    // Settings of a project are laid over those of the user, who stays signed in.
    fileAt: '.gemini/settings.json',
    file: JSON.stringify({
      mcp: { allowed: ['gantry'] },
      mcpServers: {
        gantry: {
          httpUrl: '{tools_url}',
          headers: { Authorization: 'Bearer {tools_key}' },
          timeout: 600_000,
          trust: true,
        },
      },
    }),
  },
  events: 'gemini',
  // Else it starts itself a second time, only to have more memory.
  env: { GEMINI_CLI_NO_RELAUNCH: 'true' },
  passEnv: [
    'GEMINI_API_KEY',
    'GOOGLE_API_KEY',
    'GOOGLE_APPLICATION_CREDENTIALS',
    'GOOGLE_CLOUD_LOCATION',
    'GOOGLE_CLOUD_PROJECT',
    'GOOGLE_GEMINI_BASE_URL',
    'GOOGLE_GENAI_USE_VERTEXAI',
  ],
  ownFolderEnv: { GEMINI_CLI_TRUST_WORKSPACE: 'true' },
  exitCodes: {
    '41': 'auth',
    '42': 'invalid',
    '44': 'failed',
    '52': 'invalid',
    '53': 'failed',
    '54': 'failed',
    '55': 'invalid',
    '130': 'cancelled',
    // 400, 401, 403, 404, 429, 500 and 503.
    '144': 'invalid',
    '145': 'auth',
    '147': 'auth',
    '148': 'invalid',
    '173': 'rate_limit',
    '244': 'overloaded',
    '247': 'overloaded',
  },
  rateLimit: ['quota exceeded', 'rate limit', 'resource_exhausted'],
  auth: ['api key not valid', 'please set an auth method'],
  sandbox: { write: ['~/.gemini/'], read: ['~/.config/gcloud', '$GOOGLE_APPLICATION_CREDENTIALS'] },
  versionArgs: ['--version'],
  authCheck: { args: ['--list-sessions'], signedIn: [0], signedOut: [41] },
}
