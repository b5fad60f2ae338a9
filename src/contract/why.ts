import { z } from 'zod'

const Reason = z
  .object({
    about: z.enum(['principal', 'tool', 'scope', 'profile', 'rule', 'server']),
    ok: z.boolean().describe('Whether it stands in the way.'),
    detail: z.string(),
    remedy: z.string().exactOptional(),
  })
  .meta({ id: 'WhyReason' })
export type WhyReason = z.infer<typeof Reason>

/** Why a principal sees a tool or does not, and what becomes of a call: `GET /api/why`. */
export const Why = z
  .object({
    principal: z.string(),
    server: z.string(),
    tool: z.string().describe('In its own spelling.'),
    shown_as: z
      .string()
      .exactOptional()
      .describe('Its name at `/mcp` for this principal; left out when it is not shown.'),
    visible: z.boolean(),
    decision: z
      .enum(['allow', 'ask', 'deny'])
      .describe(
        'What becomes of a call, as far as its arguments have no part in it. A tool that is not visible is always refused.',
      ),
    profiles: z.array(z.string()).describe('The profiles in which it is shown, too.'),
    reasons: z.array(Reason).describe('In the order in which they are looked at.'),
  })
  .meta({ id: 'Why' })
export type Why = z.infer<typeof Why>
