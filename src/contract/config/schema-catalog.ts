import { z } from 'zod'

import { notAnObject, wholeNumber } from './values.ts'

const Catalog = z.strictObject(
  {
    text: z
      .enum(['strip', 'reject', 'keep'], { error: 'write "strip", "reject" or "keep"' })
      .default('strip')
      .describe(
        'What becomes of characters that nobody sees and a model reads. "strip": they are taken out of texts, and what has them in its name is left out. "reject": what has them anywhere is left out. "keep": nothing.',
      ),
    textChars: wholeNumber(64, 1_048_576, 'characters')
      .default(16_384)
      .describe('How long a description or title may be; the rest of it is cut off.'),
    schemaBytes: wholeNumber(1024, 16_777_216, 'bytes')
      .default(65_536)
      .describe('How large a schema of a tool may be; a tool with a larger one is left out.'),
    entries: wholeNumber(1, 1_000_000, 'entries')
      .default(5000)
      .describe('How many tools are taken over, and as many prompts, resources and templates.'),
  },
  notAnObject,
)

/** What becomes of a tool that is not what it was. */
export const ChangePolicy = z.enum(['allow', 'warn', 'block'], {
  error: 'write "allow", "warn" or "block"',
})

/** What of the lists of a server is taken over, and what becomes of changes in them. */
export const catalogKeys = {
  catalog: Catalog.prefault({}).describe('What of its lists is taken over as it is.'),
  onChange: ChangePolicy.default('warn').describe(
    'What becomes of a tool that is not what it was when it was found good. "allow": nothing. "warn": the log and the status tell it. "block": it is shown as it was and not called until `gantry approve`.',
  ),
  onNew: ChangePolicy.default('allow').describe(
    'The same for a tool that is new. "warn" says nothing of those of the first list; with "block" no tool is shown until `gantry approve`.',
  ),
}
