import type { Requirement } from './requirement.ts'

const source = 'Guide: audit'

/** Who called what. */
export const audit = [
  {
    id: 'audit:every-call:I9',
    text: 'Every call is written down with who called what and what it came to, whichever way it came, refused ones too',
    source,
  },
  {
    id: 'audit:chain:V61',
    text: 'A line that was changed, removed, moved or added is found, and named',
    source,
  },
  {
    id: 'audit:killed:I9',
    text: 'After a gateway was killed while it wrote, the chain is whole: half a line is cut off, and calls of which only the beginning is known are closed',
    source,
  },
  {
    id: 'audit:files:rotation',
    text: 'Files are begun anew by size and age and removed by size and age, and the chain goes through all that are left',
    source,
  },
  {
    id: 'audit:required:F52',
    text: 'F52: where calls must be written down and cannot be, none is made, /readyz says so, and it goes on without a restart',
    source,
  },
  {
    id: 'audit:on:F52',
    text: 'F52: where calls need not be written down they go on, and how many were lost is counted, logged and written down',
    source,
  },
  {
    id: 'audit:store:F53',
    text: 'F53: what is damaged or cannot be read is reported and never replaced by something empty',
    source,
  },
  {
    id: 'audit:content:V42',
    text: 'V42: nothing that is sent can forge a line or a member of one, and arguments and secrets are not written down unless asked for',
    source,
  },
  {
    id: 'audit:rest:calls',
    text: 'What is written down is told over REST, filtered and page by page, and to each only of the servers they may audit',
    source,
  },
  {
    id: 'audit:cli:calls',
    text: 'gantry logs --calls prints who called what, follows it, and says where it was changed',
    source,
  },
] as const satisfies readonly Requirement[]
