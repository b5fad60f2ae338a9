import { resolve } from 'node:path'

import {
  callSchema,
  promptSchema,
  questions,
  resourceSchema,
  toolsSchema,
  type Answers,
  type AskAll,
} from './answers.ts'
import { runProgram } from './run-program.ts'

const program = resolve(
  import.meta.dirname,
  '../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js',
)

/** The command line of the official inspector, one process for each question. */
export function askWithInspector(era: 'legacy' | 'modern'): AskAll {
  return (url, home) => {
    const connection = ['--cli', url, '--transport', 'http', '--protocol-era', era]
    return askAll((...args) => runProgram([program, ...connection, ...args], home))
  }
}

async function askAll(ask: (...args: readonly string[]) => Promise<unknown>): Promise<Answers> {
  const { echo, text, prompt, resource } = questions
  const call = ['--method', 'tools/call', '--tool-name']

  return {
    tools: toolsSchema.parse(await ask('--method', 'tools/list')),
    echoed: callSchema.parse(
      await ask(...call, echo.name, '--tool-arg', `message=${echo.arguments.message}`),
    ),
    text: callSchema.parse(await ask(...call, text.name)),
    prompt: promptSchema.parse(await ask('--method', 'prompts/get', '--prompt-name', prompt.name)),
    resource: resourceSchema.parse(await ask('--method', 'resources/read', '--uri', resource.uri)),
  }
}
