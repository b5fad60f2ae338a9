import { z } from 'zod'

import type { Asked } from './caller.ts'

const prompt = z.string().describe('What it is asked, handed over exactly as it is.')
const timeout = z
  .number()
  .positive()
  .optional()
  .describe('How many seconds it may take; left out, what is usual for the program.')
const modelId = z
  .string()
  .optional()
  .describe('Which model the program uses, by the name that it has there.')
const permission = z
  .enum(['safe', 'edit'])
  .optional()
  .describe('"safe": it only answers. "edit": it may change files, where the operator lets it.')
const tools = z
  .union([
    z.boolean(),
    z.object({ profile: z.string().optional(), servers: z.array(z.string()).optional() }),
  ])
  .optional()
  .describe(
    'Gives the program tools of this gateway, where the operator lets it: true for all that you may call except those that run LLM programs, or {"profile"} or {"servers"} for some.',
  )
const detach = z
  .boolean()
  .optional()
  .describe('Answers at once with `run_id`; the run goes on, and `get_llm_run` reads it later.')
const asJson = {
  json_mode: z
    .boolean()
    .optional()
    .describe('Find the JSON in the answer: it comes as `parsed_json`.'),
  schema: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      'A JSON Schema that the answer must fit; programs that can are held to it. What does not fit is an error that says why.',
    ),
  repair: z
    .boolean()
    .optional()
    .describe('Ask once more, with what was wrong, when the answer does not fit the schema.'),
}

const common = { prompt, timeout, model_id: modelId, permission, tools }

export const executeInput = (names: string) =>
  z.object({ model: oneOf(names), ...common, ...asJson, detach })

export const streamInput = (names: string) => z.object({ model: oneOf(names), ...common })

export const resumeInput = z.object({
  session_id: z.string().describe('`session_id` of an earlier result.'),
  model: z
    .string()
    .optional()
    .describe('The program whose session it is; left out, the one that it was last heard of in.'),
  ...common,
  ...asJson,
  detach,
})

function oneOf(names: string) {
  return z.string().describe(`The program to run: ${names}.`)
}

export type RunArguments = z.output<ReturnType<typeof executeInput>>

export function askedBy(args: RunArguments): Asked {
  const { timeout: seconds, tools: wanted } = args
  return {
    program: args.model,
    prompt: args.prompt,
    model: args.model_id,
    timeoutMs: seconds === undefined ? undefined : Math.ceil(seconds * 1000),
    isJson: args.json_mode,
    schema: args.schema,
    repair: args.repair,
    permission: args.permission,
    tools: wanted === false ? undefined : wanted,
  }
}
