import type { LlmProgramConfig } from '../../contract/llm.ts'
import { claude } from './claude.ts'
import { codex } from './codex.ts'
import { copilot } from './copilot.ts'
import { gemini } from './gemini.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { opencode } from './opencode.ts'
import { qwen } from './qwen.ts'

/** The programs that need no configuration. A new one is a file here and a line. */
export const builtins: Readonly<Record<string, LlmProgramConfig>> = {
  claude,
  codex,
  gemini,
  opencode,
  qwen,
  copilot,
  openai,
  'gpt4-cli': openai,
  ollama,
}
