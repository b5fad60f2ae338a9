import { z } from 'zod'

import { GatewayError } from '../../contract/gateway-error.ts'
import { nearest } from '../../kit/nearest.ts'
import type { GatewayLink } from './link.ts'

const Schema = z.record(z.string(), z.unknown())

export const Tool = z.looseObject({
  name: z.string(),
  title: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  inputSchema: Schema.catch({}),
})
export type Tool = z.infer<typeof Tool>

export const Prompt = z.looseObject({
  name: z.string(),
  description: z.string().optional().catch(undefined),
  arguments: z
    .array(
      z.looseObject({
        name: z.string(),
        description: z.string().optional().catch(undefined),
        required: z.boolean().optional().catch(undefined),
      }),
    )
    .catch([])
    .default([]),
})
export type Prompt = z.infer<typeof Prompt>

export const Resource = z.looseObject({
  uri: z.string(),
  name: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  mimeType: z.string().optional().catch(undefined),
})

export const ResourceTemplate = z.looseObject({
  uriTemplate: z.string(),
  name: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  mimeType: z.string().optional().catch(undefined),
})

const pageLimit = 10_000

interface Listing<Item> {
  readonly method: string
  /** Which member of the result holds the list. */
  readonly member: string
  readonly item: z.ZodType<Item>
  readonly signal: AbortSignal
}

/** A whole list, page after page; an entry without a name is left out, the rest is kept. */
export async function list<Item>(
  link: GatewayLink,
  listing: Listing<Item>,
): Promise<readonly Item[]> {
  const { method, member, item, signal } = listing
  const page = z.object({
    [member]: z.array(z.unknown()),
    nextCursor: z.string().optional().catch(undefined),
  })
  const items: Item[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < pageLimit; pages += 1) {
    const params = JSON.stringify(cursor === undefined ? {} : { cursor })
    const result = page.safeParse(await link.request(method, params, { signal }))
    if (!result.success) {
      throw new GatewayError('server_answer_invalid', {
        server: 'gantry',
        problem: `${method} gave no list`,
      })
    }
    const entries: unknown = result.data[member]
    for (const entry of Array.isArray(entries) ? entries : []) {
      const read = item.safeParse(entry)
      if (read.success) items.push(read.data)
    }
    const next = result.data['nextCursor']
    if (typeof next !== 'string' || next === cursor) break
    cursor = next
  }
  return items
}

export function listTools(link: GatewayLink, signal: AbortSignal): Promise<readonly Tool[]> {
  return list(link, { method: 'tools/list', member: 'tools', item: Tool, signal })
}

export function listPrompts(link: GatewayLink, signal: AbortSignal): Promise<readonly Prompt[]> {
  return list(link, { method: 'prompts/list', member: 'prompts', item: Prompt, signal })
}

/** The tool of that name; a name that is not known fails with the one that may be meant. */
export function findTool(tools: readonly Tool[], name: string): Tool {
  const found = tools.find((tool) => tool.name === name)
  if (found) return found
  throw new GatewayError('tool_unknown', { tool: name, nearest: nearestName(name, tools) })
}

export function findPrompt(prompts: readonly Prompt[], name: string): Prompt {
  const found = prompts.find((prompt) => prompt.name === name)
  if (found) return found
  throw new GatewayError('prompt_unknown', { prompt: name, nearest: nearestName(name, prompts) })
}

/** A name that clashes is shown as `server__tool`, so its last part alone is often what was typed. */
function nearestName(
  name: string,
  items: readonly { readonly name: string }[],
): string | undefined {
  const names = items.map((item) => item.name)
  return names.find((other) => other.endsWith(`__${name}`)) ?? nearest(name, names)
}
