import { expect, test } from 'vitest'

import { verifies } from '../../test/requirements/verifies.ts'
import { Chat } from '../contract/config/schema-chat.ts'
import { GatewayError } from '../contract/gateway-error.ts'
import type { ModelsOptions, ProviderWay } from './models.ts'
import { openModels } from './models.ts'

const nowhere: typeof fetch = () => Promise.reject(new Error('nobody is asked here'))

function modelsOf(chat: unknown, environment: ModelsOptions['environment'] = {}) {
  const ways: ProviderWay[] = []
  const models = openModels({
    chat: Chat.parse(chat),
    environment,
    fetchFor(way) {
      ways.push(way)
      return nowhere
    },
  })
  const chosen = (model?: string) => {
    const { provider, model: own, id } = models.choose(model)
    return [provider.name, own, id]
  }
  return { models, ways, chosen }
}

function failureOf(choose: () => unknown): GatewayError {
  try {
    choose()
  } catch (error) {
    if (error instanceof GatewayError) return error
  }
  throw new Error('it did not fail')
}

verifies('assistant:models', 'a name leads to a provider and to its own name of the model', () => {
  const { chosen } = modelsOf({
    model: 'work/big',
    providers: { work: { baseUrl: 'https://llm.example/v1' }, other: { type: 'anthropic' } },
  })

  expect(chosen()).toEqual(['work', 'big', 'work/big'])
  expect(chosen('other/small')).toEqual(['other', 'small', 'other/small'])
  expect(chosen('tiny')).toEqual(['work', 'tiny', 'work/tiny'])
  // Some providers have slashes in the names of their models.
  expect(chosen('meta/llama-9')).toEqual(['work', 'meta/llama-9', 'work/meta/llama-9'])
  expect(chosen('demo')).toEqual(['demo', 'demo', 'demo'])
})

verifies(
  'assistant:models',
  'keys in the environment are providers where none are configured',
  () => {
    const environment = {
      OPENAI_API_KEY: 'a',
      OPENAI_BASE_URL: 'http://gpu-box:8000/v1',
      OPENAI_MODEL: 'local',
      GEMINI_API_KEY: 'b',
    }
    const { chosen, ways } = modelsOf({}, environment)

    expect(chosen()).toEqual(['openai', 'local', 'openai/local'])
    expect(chosen('google/gemini-x')).toEqual(['google', 'gemini-x', 'google/gemini-x'])
    expect(ways).toEqual([
      { name: 'openai', baseUrl: 'http://gpu-box:8000/v1', allowPrivate: ['gpu-box'] },
      {
        name: 'google',
        baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
        allowPrivate: false,
      },
    ])
    expect(modelsOf({ providers: { mine: {} } }, environment).ways.map(({ name }) => name)).toEqual(
      ['mine'],
    )
  },
)

verifies('assistant:models', 'what is missing says what to do', async () => {
  const nothing = failureOf(() => modelsOf({}).chosen())
  expect(nothing.code).toBe('chat_unconfigured')
  expect(nothing.remedy).toContain('OPENAI_API_KEY')

  const noModel = failureOf(() => modelsOf({}, { OPENAI_API_KEY: 'a' }).chosen())
  expect(noModel).toMatchObject({ code: 'model_missing', data: { provider: 'openai' } })

  const two = { providers: { one: {}, two: {} } }
  expect(failureOf(() => modelsOf(two).chosen('big')).code).toBe('model_unknown')

  for (const type of ['openai', 'anthropic', 'google'] as const) {
    const { provider } = modelsOf({ providers: { mine: { type } } }).models.choose('mine/big')
    const failure = await provider
      .models(new AbortController().signal)
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'provider_key_missing', data: { provider: 'mine' } })
  }
})

test('a list holds what can be asked, and leaves out who does not answer', async () => {
  const { models } = modelsOf({
    providers: { dead: { apiKey: 'a' }, mine: { models: ['big', 'small'] } },
  })

  expect(await models.list(new AbortController().signal)).toEqual([
    { id: 'mine/big', provider: 'mine' },
    { id: 'mine/small', provider: 'mine' },
    { id: 'demo', provider: 'demo' },
  ])
})
