import type { AnthropicProvider } from '@ai-sdk/anthropic'

/** What the libraries of providers have in common; its own package is none of ours, so it is read off one of them. */
export type LanguageModel = ReturnType<AnthropicProvider['languageModel']>
export type CallOptions = Parameters<LanguageModel['doStream']>[0]
export type Prompt = CallOptions['prompt']
export type PromptMessage = Prompt[number]
export type Tool = Extract<NonNullable<CallOptions['tools']>[number], { type: 'function' }>
export type StreamPart =
  Awaited<ReturnType<LanguageModel['doStream']>>['stream'] extends ReadableStream<infer Part>
    ? Part
    : never
export type Metadata = NonNullable<CallOptions['providerOptions']>
export type Finish = Extract<StreamPart, { type: 'finish' }>
