import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

import type { ChatModelsDeps } from '../../src/apps/gateway/chat-models.ts'
import { openChatModels } from '../../src/apps/gateway/chat-models.ts'
import { Chat } from '../../src/contract/config/schema-chat.ts'
import { createLoops } from '../../src/core/routing/loops.ts'
import { fullAccess } from '../../src/core/access/access.ts'
import { verifies } from '../requirements/verifies.ts'
import { chatStream, done, says } from './chat-wire.ts'
import { converseTo } from './setting.ts'
import type { Exchange } from './wire-server.ts'
import { startWire } from './wire-server.ts'

const none = () => {
  throw new Error('no program is run here')
}
const withoutPrograms: ChatModelsDeps['llm'] = {
  mayRun: () => false,
  runner: none,
  callerFor: none,
}

const loops = createLoops({ now: () => 0, random: () => '0123456789abcdef' })

/** One conversation by the way that a gateway takes. */
async function ask(provider: object, environment: Record<string, string> = {}) {
  const secrets: string[] = []
  const chat = Chat.parse({ model: 'p/m', providers: { p: { apiKey: 'key', ...provider } } })
  await using models = openChatModels({
    chat: () => chat,
    environment,
    llm: withoutPrograms,
    keepSecret: (secret) => secrets.push(secret),
    trail: () => loops.trail(),
  })
  const { provider: chosen } = models.modelsFor(fullAccess('local')).choose(undefined)
  const { ended, text } = await converseTo({ provider: chosen })
  return { ended, text, secrets }
}

async function askAt(exchange: Exchange, provider: object = {}) {
  await using server = await startWire(exchange)
  return { ...(await ask({ baseUrl: `${server.url}/v1`, ...provider })), server }
}

verifies(
  'assistant:egress',
  'a provider on this machine is reached where its address says so',
  async () => {
    const { text, ended } = await askAt({ ...says('Grüße.'), pieceBytes: 5 })
    expect(ended.reason).toBe('stop')
    expect(text).toBe('Grüße.')
  },
)

verifies('assistant:egress', 'what is private, or not encrypted, is not reached', async () => {
  for (const provider of [
    { baseUrl: 'http://models.example/v1' },
    { baseUrl: 'https://10.0.0.1/v1', allowPrivate: false },
    { baseUrl: 'https://169.254.169.254/v1' },
  ]) {
    expect((await ask(provider)).ended.error).toMatchObject({ code: 'egress_refused' })
  }
})

verifies(
  'assistant:egress',
  'a redirect is not followed: the key stays where it was sent',
  async () => {
    await using elsewhere = await startWire(says('Gotcha.'))
    const { ended } = await askAt({
      status: 307,
      headers: { location: `${elsewhere.url}/v1/chat/completions` },
      body: '',
    })

    expect(ended.reason).toBe('failed')
    expect(elsewhere.requests).toEqual([])
  },
)

verifies('assistant:wire:end', 'a break is told also by the way that a gateway takes', async () => {
  const body = chatStream([{ content: 'Once' }]) + done
  const { ended, text } = await askAt({ body, dropAt: body.indexOf('finish_reason":"stop') })

  expect(text).toBe('Once')
  expect(ended).toMatchObject({ reason: 'failed', error: { status: 502 } })
})

verifies(
  'assistant:loop:budgets:V58',
  'a gateway that is its own provider knows its request again',
  async () => {
    const { server } = await askAt(says('Hi.'))
    const via = String(server.requests[0]?.headers['gantry-via'])

    expect(() => loops.check(via)).toThrow('has been here before')
  },
)

test('keys of the environment are kept out of logs', async () => {
  const { secrets } = await askAt(says('Hi.')).then(() =>
    ask({ baseUrl: 'http://x.example' }, { OPENAI_API_KEY: 'sk-secret' }),
  )
  expect(secrets).toEqual(['sk-secret'])
})

verifies(
  'assistant:lazy',
  'a gateway knows no library of a provider until a model is asked',
  () => {
    const root = resolve(import.meta.dirname, '../..')
    const script = `
    import { registerHooks } from 'node:module'
    const loaded = new Set()
    registerHooks({
      load(url, context, next) {
        const [, name] = /node_modules\\/(openai|@ai-sdk\\/[a-z-]+)\\//.exec(url) ?? []
        if (name) loaded.add(name)
        return next(url, context)
      },
    })
    await import('${root}/src/apps/gateway/run.ts')
    const { openModels } = await import('${root}/src/assistant/models.ts')
    const { Chat } = await import('${root}/src/contract/config/schema-chat.ts')
    const kinds = ['openai', 'anthropic', 'google']
    const providers = Object.fromEntries(kinds.map((type) => [type, { type, apiKey: 'k', models: ['m'] }]))
    const models = openModels({ chat: Chat.parse({ providers }), environment: {}, fetchFor: () => fetch })
    const { signal } = new AbortController()
    await models.list(signal)
    const before = [...loaded]
    const { provider } = models.choose('openai/m')
    const refused = () => provider.turn({ model: 'm', messages: [], tools: [], extras: {}, signal: AbortSignal.abort() })[Symbol.asyncIterator]().next()
    await refused().catch(() => undefined)
    console.log(JSON.stringify({ before, after: [...loaded] }))
  `
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: root,
      encoding: 'utf8',
    })

    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({ before: [], after: ['openai'] })
  },
)
