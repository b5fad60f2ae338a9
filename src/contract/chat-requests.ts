import { z } from 'zod'
import { ChatMessage, ConsentMode, FunctionTool } from './chat.ts'

const name = z.string().min(1).max(1000)
const count = z.int().min(1)

/** What a request may say beside what OpenAI knows: the member `gantry`. */
export const GantryOptions = z
  .strictObject({
    profile: name.exactOptional().describe('Only the tools of this profile.'),
    servers: z.array(name).exactOptional().describe('Only the tools of these servers.'),
    tools: z
      .union([z.boolean(), z.array(name)])
      .exactOptional()
      .describe(
        '`false`: none of our tools; a list: only these, as `TOOL` or `SERVER/TOOL`, where `*` stands for any characters.',
      ),
    consent: ConsentMode.exactOptional().describe(
      'Which calls of our tools need an approval; it makes stricter only.',
    ),
    budgets: z
      .strictObject({
        rounds: count.exactOptional(),
        calls: z.int().min(0).exactOptional(),
        tokens: count.exactOptional(),
        time_ms: count.exactOptional(),
      })
      .exactOptional()
      .describe('How far it goes by itself; less than is configured, never more.'),
    conversation: z
      .string()
      .min(1)
      .max(200)
      .exactOptional()
      .describe('To what approvals "for this conversation" belong.'),
    resume: z
      .string()
      .min(1)
      .max(200)
      .exactOptional()
      .describe('Goes on where calls waited for approval.'),
    wait: z
      .boolean()
      .exactOptional()
      .describe('Waits for approvals in place of answering that calls wait.'),
    events: z
      .boolean()
      .exactOptional()
      .describe('`false`: a stream says nothing of what our tools do.'),
  })
  .meta({ id: 'GantryOptions' })
export type GantryOptions = z.output<typeof GantryOptions>

const streaming = z.boolean().nullish()

/** The members of a request that are read here; all others go to the provider as they are. */
export const ChatCompletionRequest = z
  .looseObject({
    model: name.describe('`provider/model`, as `GET /v1/models` lists them.'),
    messages: z.array(ChatMessage),
    stream: streaming,
    stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
    tools: z.array(FunctionTool).nullish().describe("The caller's own tools."),
    tool_choice: z.unknown().optional(),
    gantry: GantryOptions.exactOptional(),
  })
  .meta({ id: 'ChatCompletionRequest' })
export type ChatCompletionRequest = z.output<typeof ChatCompletionRequest>

const Item = z.looseObject({ type: z.string().optional() })

/** The same for `/v1/responses`. */
export const ResponseRequest = z
  .looseObject({
    model: name.describe('`provider/model`, as `GET /v1/models` lists them.'),
    input: z.union([z.string(), z.array(Item)]).optional(),
    instructions: z.string().nullish(),
    previous_response_id: z.string().nullish(),
    store: z.boolean().nullish(),
    stream: streaming,
    tools: z
      .array(z.looseObject({ type: z.string() }))
      .nullish()
      .describe("The caller's own tools."),
    tool_choice: z.unknown().optional(),
    gantry: GantryOptions.exactOptional(),
  })
  .meta({ id: 'ResponseRequest' })
export type ResponseRequest = z.output<typeof ResponseRequest>

/** How OpenAI tells what is wrong. */
export const ApiErrorBody = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })
  .meta({ id: 'ApiError' })
export type ApiErrorBody = z.output<typeof ApiErrorBody>
