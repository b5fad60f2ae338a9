import { z } from 'zod'

import { milliseconds, trueOrFalse, wholeNumber } from './values.ts'

const modes = ['off', 'on', 'required'] as const
const error = 'write "off", "on" or "required", or an object in braces'

const largestBytes = 1_099_511_627_776

export const AuditSettings = z.strictObject(
  {
    mode: z
      .enum(modes, { error: 'write "off", "on" or "required"' })
      .default('on')
      .describe(
        '"on": every call is written down. "required": a call that cannot be written down is refused. "off": none is.',
      ),
    arguments: trueOrFalse()
      .default(false)
      .describe(
        'Whether arguments are written down, too, without what looks secret; else only a digest of them is.',
      ),
    sync: trueOrFalse()
      .default(false)
      .describe('Whether what was written survives a loss of power (fsync after each write).'),
    rotateBytes: wholeNumber(4096, 1_073_741_824, 'bytes')
      .default(16_777_216)
      .describe('A new file is begun when one is as large as this.'),
    rotateMs: milliseconds(1000)
      .default(86_400_000)
      .describe('A new file is begun when one is as old as this.'),
    keepBytes: wholeNumber(8192, largestBytes, 'bytes')
      .default(536_870_912)
      .describe('The oldest files are removed when all together are larger than this.'),
    keepDays: wholeNumber(1, 36_500, 'days')
      .default(90)
      .describe('Files to which nothing was added for so long are removed.'),
  },
  { error },
)
export type AuditConfig = Readonly<z.output<typeof AuditSettings>>

/** The mode alone says enough. */
export const Audit = z.union([z.enum(modes, { error }), AuditSettings], { error })

export function completeAudit(written: z.output<typeof Audit>): AuditConfig {
  return typeof written === 'string' ? AuditSettings.parse({ mode: written }) : written
}
