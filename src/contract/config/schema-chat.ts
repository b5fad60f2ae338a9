import { z } from 'zod'

import { ConsentMode } from '../chat.ts'
import { allowPrivate } from './schema-server.ts'
import {
  headerMap,
  httpUrl,
  milliseconds,
  notAnObject,
  plainText,
  textList,
  trueOrFalse,
  wholeNumber,
} from './values.ts'

const providerName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/
const reservedNames = new Set(['__proto__', 'constructor', 'prototype', 'cli', 'demo'])
const ownHeaders =
  /^(?:host|connection|content-length|content-type|accept-encoding|expect|transfer-encoding|te|trailer|upgrade|keep-alive|proxy-.*)$/i

const ProviderName = z
  .string()
  .regex(providerName, {
    error: 'use 1 to 64 letters, digits, "_", "." or "-", beginning with a letter or a digit',
  })
  .refine((name) => !reservedNames.has(name), {
    error: 'choose another name, this one is reserved',
  })

/** Where models are. */
export const ChatProvider = z
  .strictObject(
    {
      type: z
        .enum(['openai', 'anthropic', 'google'], {
          error: 'write "openai", "anthropic" or "google"',
        })
        .default('openai')
        .describe(
          '"openai": whatever speaks as OpenAI does, which most do. "anthropic", "google": these two in their own words.',
        ),
      baseUrl: httpUrl()
        .refine((url) => (URL.parse(url)?.search ?? '') === '', {
          error: 'remove the part from "?" on',
        })
        .exactOptional()
        .describe('Where it is, as `https://api.openai.com/v1`; left out, the provider itself.'),
      apiKey: plainText()
        .min(1, { error: 'write a key as "${env:NAME}"' })
        .exactOptional()
        .describe('The key; one that needs none is a provider without.'),
      headers: headerMap(ownHeaders).describe('Headers sent with each request.'),
      api: z
        .enum(['chat', 'responses'], { error: 'write "chat" or "responses"' })
        .default('chat')
        .describe('Which of OpenAI\'s two interfaces is spoken with it; for "openai" only.'),
      models: textList()
        .exactOptional()
        .describe('The models that are offered; left out, those that it lists.'),
      toolLimit: wholeNumber(1, 10_000, 'tools')
        .exactOptional()
        .describe('How many tools one request may name. Left out: 128 for "openai", none else.'),
      allowPrivate: allowPrivate('`baseUrl`'),
    },
    notAnObject,
  )
  .readonly()

const Budgets = z
  .strictObject(
    {
      rounds: wholeNumber(1, 1000, 'rounds')
        .default(8)
        .describe('How often a model is asked, the answer at the end not counted.'),
      calls: wholeNumber(0, 100_000, 'calls').default(32).describe('How many tools it may call.'),
      tokens: wholeNumber(1, 1_000_000_000, 'tokens')
        .default(1_000_000)
        .describe('How many tokens all rounds may take together.'),
      timeMs: milliseconds(1000).default(600_000).describe('How long all of it may take.'),
    },
    notAnObject,
  )
  .readonly()

/** Conversations with models that use the tools of the gateway. */
export const Chat = z
  .strictObject(
    {
      model: plainText()
        .min(1, { error: 'write a model as "provider/model"' })
        .exactOptional()
        .describe(
          "The model that answers when none is named: `provider/model`, `cli/PROGRAM`, or `demo`. What has no known provider in front is a model of this one's provider.",
        ),
      providers: z
        .record(ProviderName, ChatProvider, { error: 'write an object of providers by name' })
        .readonly()
        .default({})
        .describe(
          'Where models are, by the name you give. Left out: `openai`, `anthropic` and `google`, each where its key is in the environment.',
        ),
      consent: ConsentMode.default('auto').describe(
        'Before which calls somebody is asked. "rules": those of `access.rules`. "auto": these, and whatever is not known to only read. "ask": all. "never": nobody is asked, and what would be is refused.',
      ),
      taint: trueOrFalse()
        .default(true)
        .describe(
          'Whether, once a result has come from outside, each call that could change something is asked about.',
        ),
      budgets: Budgets.prefault({}).describe('How far it goes by itself before it answers.'),
      parallelCalls: wholeNumber(1, 100, 'calls')
        .default(8)
        .describe('How many calls of one round run at once.'),
      resultBytes: wholeNumber(1024, 16_777_216, 'bytes')
        .default(65_536)
        .describe('How much of one result a model is shown.'),
      system: plainText().exactOptional().describe('What every model is told first.'),
    },
    notAnObject,
  )
  .readonly()

export type ChatConfig = z.output<typeof Chat>
export type ChatProviderConfig = z.output<typeof ChatProvider>
