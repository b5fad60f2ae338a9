import { z } from 'zod'

/** What the gateway wants to know before a call runs. */
export const Approval = z.looseObject({
  id: z.string(),
  server: z.string(),
  tool: z.string(),
  arguments: z.unknown(),
  reason: z.string().catch(''),
  expires_at: z.string().optional().catch(undefined),
})
export type Approval = z.infer<typeof Approval>

export type Decision = 'once' | 'conversation' | 'always' | 'deny'

const words: ReadonlyMap<string, Decision> = new Map([
  ['y', 'once'],
  ['yes', 'once'],
  ['c', 'conversation'],
  ['a', 'always'],
  ['n', 'deny'],
  ['no', 'deny'],
  ['', 'deny'],
])

/** What an answer means; undefined when it is none. */
export function readDecision(answer: string): Decision | undefined {
  return words.get(answer.trim().toLowerCase())
}
