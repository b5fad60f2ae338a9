import { z } from 'zod'

/** How every failure is told over REST (RFC 9457). */
export const Problem = z
  .object({
    type: z.string().describe('An address that explains the code.'),
    title: z.string().describe('The code in words.'),
    status: z.int().min(400).max(599),
    detail: z.string().describe('What happened, and to what.'),
    code: z.string().describe('What kind of failure it is; programs tell failures apart by it.'),
    remedy: z.string().describe('What to do about it.'),
    retryable: z.boolean().describe('Whether the same request may succeed later.'),
    outcome: z
      .enum(['not_executed', 'unknown'])
      .describe('"not_executed": nothing was done. "unknown": it may have been done.'),
    server: z.string().exactOptional().describe('The server it is about.'),
    approval_id: z
      .string()
      .exactOptional()
      .describe('Who may decide does so with this id; then the same call passes once.'),
    expires_at: z.string().exactOptional().describe('Until when it can be decided.'),
    reason: z.string().exactOptional().describe('Why somebody has to decide.'),
    attempts: z.int().nonnegative().exactOptional().describe('How often it was sent.'),
  })
  .meta({ id: 'Problem', description: 'What went wrong, and what to do now.' })
export type Problem = z.infer<typeof Problem>
