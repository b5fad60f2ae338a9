import { z } from 'zod'

const count = z.int().nonnegative()

/** One call, as it is written down and as it is told: `GET /api/calls`. */
export const CallRecord = z
  .object({
    id: z.string().describe('The gateway that wrote it down, and the number of the line there.'),
    time: z.iso.datetime().describe('When it ended.'),
    principal: z.string().describe('Who called: the name of a key, or `local`.'),
    method: z.enum(['tools/call', 'prompts/get', 'resources/read']),
    server: z.string().exactOptional().describe('Left out where there is none of what was called.'),
    tool: z.string().exactOptional().describe("By its server's own name for it."),
    prompt: z.string().exactOptional(),
    uri: z.string().exactOptional().describe('Without password and query.'),
    session: z.string().exactOptional().describe('The same for all calls of one session.'),
    request: z.string().exactOptional().describe('The id its client gave it, as JSON.'),
    arguments_digest: z
      .string()
      .exactOptional()
      .describe('Equal for equal bytes; it does not tell what they are.'),
    arguments: z
      .unknown()
      .exactOptional()
      .describe('Without what looks secret, and cut; only with `audit.arguments`.'),
    decision: z
      .enum(['allow', 'ask', 'deny'])
      .exactOptional()
      .describe('What the rules said; left out where it did not get that far.'),
    rule: z.string().exactOptional().describe('Which rule of the configuration decided.'),
    reason: z.string().exactOptional().describe('Why somebody had to be asked, or it was refused.'),
    approval: z
      .object({
        id: z.string().exactOptional().describe('Of the approval, or of the grant.'),
        how: z
          .enum(['asked', 'granted'])
          .exactOptional()
          .describe('"asked": about this very call. "granted": it was allowed before.'),
        scope: z.enum(['once', 'conversation', 'always']).exactOptional(),
        by: z.string().exactOptional().describe('Who decided: the name of a key, or `local`.'),
      })
      .exactOptional()
      .describe('Who decided about it, where somebody had to.'),
    outcome: z
      .enum(['result', 'tool_error', 'input_required', 'error', 'cancelled'])
      .describe(
        '"tool_error": the tool itself said that it failed. "error": there was no result. "input_required": the server asked back.',
      ),
    executed: z
      .enum(['executed', 'not_executed', 'unknown'])
      .describe('Whether the server did what it was asked.'),
    code: z.string().exactOptional().describe('What kind of error it was.'),
    duration_ms: z.number().nonnegative(),
    request_bytes: count,
    reply_bytes: count,
    attempts: count.describe('How often it was sent.'),
  })
  .meta({ id: 'CallRecord', description: 'Who called what, and what it came to.' })
export type CallRecord = z.infer<typeof CallRecord>

export const CallPage = z
  .object({
    calls: z.array(CallRecord),
    next_cursor: z
      .string()
      .exactOptional()
      .describe(
        'Asks for the next page. A page may hold fewer calls than asked for, or none, and still have one.',
      ),
  })
  .meta({ id: 'CallPage' })
export type CallPage = z.infer<typeof CallPage>
