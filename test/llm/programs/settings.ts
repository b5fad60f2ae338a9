import type { Setting } from './bed.ts'

/** Each case asks a model of its own, so that they can go on at the same time. */
export const models = [
  'fake-model',
  'fake-small',
  'fake-limited',
  'fake-refused',
  'fake-silent',
  'fake-late',
  'fake-long',
  'fake-empty',
  'fake-tool',
] as const

/** How each program is told to ask the fake provider, in its own files and variables. */
export const codex = (url: string): Setting => ({
  name: 'codex',
  program: { passEnv: ['FAKE_API_KEY'] },
  env: { FAKE_API_KEY: 'key-of-codex' },
  files: {
    // Without the network each of its reports would make it wait five seconds before it ends.
    '.codex/config.toml': `model = "fake-model"
model_provider = "fake"
analytics.enabled = false

[model_providers.fake]
name = "fake"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "FAKE_API_KEY"
request_max_retries = 0
stream_max_retries = 0
`,
  },
})

export const gemini = (url: string): Setting => ({
  name: 'gemini',
  program: { model: 'fake-model' },
  env: { GEMINI_API_KEY: 'key-of-gemini', GOOGLE_GEMINI_BASE_URL: url },
  files: {
    '.gemini/settings.json': JSON.stringify({
      security: { auth: { selectedType: 'gemini-api-key' } },
      privacy: { usageStatisticsEnabled: false },
      general: { enableAutoUpdate: false, maxAttempts: 1 },
    }),
  },
})

export const opencode = (url: string): Setting => ({
  name: 'opencode',
  program: {
    env: {
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
    },
  },
  files: {
    '.config/opencode/opencode.json': JSON.stringify({
      model: 'fake/fake-model',
      small_model: 'fake/fake-small',
      provider: {
        fake: {
          npm: '@ai-sdk/openai-compatible',
          options: { baseURL: `${url}/v1`, apiKey: 'key-of-opencode' },
          models: Object.fromEntries(models.map((id) => [id, {}])),
        },
      },
    }),
  },
})

export const qwen = (url: string): Setting => ({
  name: 'qwen',
  env: { OPENAI_API_KEY: 'key-of-qwen', OPENAI_BASE_URL: `${url}/v1`, OPENAI_MODEL: 'fake-small' },
})

export const copilot = (url: string): Setting => ({
  name: 'copilot',
  env: {
    COPILOT_OFFLINE: 'true',
    COPILOT_PROVIDER_BASE_URL: `${url}/v1`,
    COPILOT_PROVIDER_API_KEY: 'the-long-key-of-copilot',
    COPILOT_MODEL: 'fake-small',
  },
})
