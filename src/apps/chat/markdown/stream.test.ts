import * as fc from 'fast-check'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'

import { textWidth } from '../../../kit/text-width.ts'
import { createInk } from './ink.ts'
import { createMarkdownStream } from './stream.ts'

function printed(chunks: readonly string[], columns = 40, hasColor = false): readonly string[] {
  const stream = createMarkdownStream(() => ({ columns, ink: createInk(hasColor) }))
  return [...chunks.flatMap((chunk) => stream.push(chunk)), ...stream.end()]
}

const page = `# Title

A paragraph with **strong**, *soft* and \`code\` words that is longer than forty columns.

1. one
2. two
   - inner [link](http://evil.example/) here

> quoted
> text

| a | b |
| - | - |
| 1 | 日本 |

\`\`\`js
const x =   1
\`\`\`

---
last`

test('each kind of block has its form', () => {
  expect(printed([page])).toEqual([
    'Title',
    '',
    'A paragraph with strong, soft and code',
    'words that is longer than forty columns.',
    '',
    '1. one',
    '2. two',
    '   • inner link (http://evil.example/)',
    '     here',
    '',
    '│ quoted',
    '│ text',
    '',
    'a  b',
    '─  ────',
    '1  日本',
    '',
    '  const x =   1',
    '',
    '─'.repeat(40),
    '',
    'last',
  ])
})

test('the same lines come out wherever the text is cut', () => {
  const whole = printed([page])
  fc.assert(
    fc.property(fc.array(fc.nat({ max: page.length }), { maxLength: 12 }), (cuts) => {
      const ends = [...cuts.toSorted((a, b) => a - b), page.length]
      const chunks = ends.map((end, index) => page.slice(ends[index - 1] ?? 0, end))

      expect(printed(chunks)).toEqual(whole)
    }),
    { numRuns: 100 },
  )
})

test('no line is wider than the terminal and none holds a control sequence of the model', () => {
  const hostile = fc.constantFrom(
    '\u001B[2J',
    '\u001B]52;c;x\u0007',
    '\u009B1m',
    '\r',
    '\u202E',
    '日本',
    '**',
    '\n\n',
    '- ',
    '|',
    '`',
    'word ',
    '[a](b)',
  )
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 30 }), (chunks) => {
      for (const line of printed(chunks, 20, true)) {
        expect(textWidth(line)).toBeLessThanOrEqual(20)
        expect(stripVTControlCharacters(line)).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u)
        // oxlint-disable-next-line no-control-regex -- our own colours are all that may be left
        expect(line.replace(/\u001B\[\d+m/g, '')).not.toContain('\u001B')
      }
    }),
    { numRuns: 300 },
  )
})

test('what is not complete is shown as it was written', () => {
  const stream = createMarkdownStream(() => ({ columns: 12, ink: createInk(false) }))

  expect(stream.push('first **half')).toEqual([])
  expect(stream.tail()).toEqual(['first **half'])
  expect(stream.push(' of it**\n\nnext\n')).toEqual(['first half', 'of it'])
  expect(stream.tail()).toEqual(['next'])
})
