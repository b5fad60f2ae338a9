import type { RunFailure } from '../../../src/contract/llm.ts'
import type { Setting } from './bed.ts'
import { codex, copilot, gemini, opencode, qwen } from './settings.ts'

/** A real program, and in what it differs from the others as they are. */
export interface Subject {
  readonly setting: (url: string) => Setting
  /** How it calls a model of the provider. */
  readonly modelId: (model: string) => string
  /** What it prints of a stream as it comes: its pieces, or whole messages between uses of tools. */
  readonly prints: 'pieces' | 'messages'
  /** How it holds a model to a schema: it tells the provider, it offers a tool for the answer, or not at all. */
  readonly schema: 'provider' | 'tool' | 'none'
  /** Who tries again after a rate limit. */
  readonly triesAgain: 'gantry' | 'itself'
  /** What it makes of an empty prompt. */
  readonly emptyPrompt: RunFailure
  /** Whether it prints the prompt. */
  readonly echoes?: true
  /** What it says of a megabyte, when it does not hand it on. */
  readonly tooLong?: string
  /** Whether it counts tokens. */
  readonly counts: boolean
}

const same = (model: string) => model

export const subjects: Readonly<Record<string, Subject>> = {
  codex: {
    setting: codex,
    modelId: same,
    prints: 'messages',
    schema: 'provider',
    triesAgain: 'gantry',
    emptyPrompt: 'failed',
    counts: true,
  },
  gemini: {
    setting: gemini,
    modelId: same,
    prints: 'pieces',
    schema: 'none',
    triesAgain: 'gantry',
    emptyPrompt: 'invalid',
    echoes: true,
    counts: true,
  },
  opencode: {
    setting: opencode,
    modelId: (model) => `fake/${model}`,
    prints: 'messages',
    schema: 'none',
    triesAgain: 'itself',
    emptyPrompt: 'failed',
    counts: true,
  },
  qwen: {
    setting: qwen,
    modelId: same,
    prints: 'pieces',
    schema: 'tool',
    triesAgain: 'itself',
    emptyPrompt: 'failed',
    tooLong: 'Context is too large',
    counts: true,
  },
  copilot: {
    setting: copilot,
    modelId: same,
    prints: 'pieces',
    schema: 'none',
    triesAgain: 'itself',
    emptyPrompt: 'failed',
    echoes: true,
    counts: false,
  },
}
