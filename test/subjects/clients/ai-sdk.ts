import { join } from 'node:path'

import * as z from 'zod'

import {
  callSchema,
  promptSchema,
  questions,
  resourceSchema,
  toolsSchema,
  type AskAll,
} from './answers.ts'
import { runProgram } from './run-program.ts'

const repliesSchema = z.object({
  tools: toolsSchema,
  echoed: callSchema,
  text: callSchema,
  prompt: promptSchema,
  resource: resourceSchema,
})

/** The client of Vercel's AI SDK, which is not built on the official one. */
export const askWithAiSdk: AskAll = async (url, home) => {
  const program = join(import.meta.dirname, 'ai-sdk-program.mjs')
  return repliesSchema.parse(await runProgram([program, url, JSON.stringify(questions)], home))
}
