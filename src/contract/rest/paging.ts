import { z } from 'zod'

export const pageLimit = 1000

/** How a part of a list is asked for. */
export const Paging = {
  limit: z.int().min(1).max(pageLimit).default(pageLimit).describe('How many are told at most.'),
  cursor: z
    .string()
    .max(200)
    .exactOptional()
    .describe('`next_cursor` of the page before; left out, the list begins.'),
}

export const NextCursor = z
  .string()
  .exactOptional()
  .describe('Asks for the next page; left out on the last one.')

export const Unlisted = z
  .array(z.object({ name: z.string(), state: z.string(), reason: z.string().exactOptional() }))
  .exactOptional()
  .describe('Servers whose list nobody knows at the moment, and why; left out when there are none.')
