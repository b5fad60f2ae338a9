import { z } from 'zod'

import type { ChatLink } from './link.ts'

const Words = z.string().optional().catch(undefined)

export const Tool = z.looseObject({
  name: z.string(),
  description: Words,
  inputSchema: z.record(z.string(), z.unknown()).catch({}),
  annotations: z.record(z.string(), z.unknown()).optional().catch(undefined),
})
export type Tool = z.infer<typeof Tool>

const Argument = z.looseObject({
  name: z.string(),
  description: Words,
  required: z.boolean().optional().catch(undefined),
})

export const Prompt = z.looseObject({
  name: z.string(),
  description: Words,
  arguments: z.array(Argument).catch([]).default([]),
})
export type Prompt = z.infer<typeof Prompt>

export const Resource = z.looseObject({
  uri: z.string(),
  name: Words,
  description: Words,
  mimeType: Words,
})
export type Resource = z.infer<typeof Resource>

const pageLimit = 1000

export function listTools(link: ChatLink, signal: AbortSignal): Promise<readonly Tool[]> {
  return list(link, { method: 'tools/list', member: 'tools', item: Tool, signal })
}

export function listPrompts(link: ChatLink, signal: AbortSignal): Promise<readonly Prompt[]> {
  return list(link, { method: 'prompts/list', member: 'prompts', item: Prompt, signal })
}

export function listResources(link: ChatLink, signal: AbortSignal): Promise<readonly Resource[]> {
  return list(link, { method: 'resources/list', member: 'resources', item: Resource, signal })
}

interface Listing<Item> {
  readonly method: string
  readonly member: string
  readonly item: z.ZodType<Item>
  readonly signal: AbortSignal
}

/** A whole list, page after page; what has no name is left out. */
async function list<Item>(link: ChatLink, listing: Listing<Item>): Promise<readonly Item[]> {
  const { method, member, item, signal } = listing
  const Page = z.object({ [member]: z.array(z.unknown()), nextCursor: Words })
  const items: Item[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < pageLimit; pages += 1) {
    const params = JSON.stringify(cursor === undefined ? {} : { cursor })
    const page = Page.parse(await link.request(method, params, { signal }))
    const entries: unknown = page[member]
    for (const entry of Array.isArray(entries) ? entries : []) {
      const read = item.safeParse(entry)
      if (read.success) items.push(read.data)
    }
    const next = page['nextCursor']
    if (typeof next !== 'string' || next === cursor) break
    cursor = next
  }
  return items
}
