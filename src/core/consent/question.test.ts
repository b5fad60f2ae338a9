import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonTexts } from '../../../test/kit/json-texts.ts'
import { messageOf } from '../../../test/kit/calls.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import { withoutHidden } from '../catalog/hidden-text.ts'
import type { Ask } from './ask.ts'
import { keptBytes, shownArguments } from './ask.ts'
import { messageFor, questionParams, replyIn, showsForms } from './question.ts'

const askOf = (args: string, rest: Partial<Ask> = {}): Ask => ({
  principal: 'p',
  conversation: 'c',
  server: 'files',
  tool: 'write_file',
  toolDigest: 'd',
  argumentsDigest: 'digest-of-all',
  reason: 'it may change something',
  shown: shownArguments(
    messageOf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":${args}}}`),
  ),
  ...rest,
})
const asked = (ask: Ask) => ({ id: 'id1', ask, sinceMs: 0, expiresAtMs: 60_000, isHeld: true })

const hostile = [
  '\u001b[2J',
  '\u001b]52;c;x\u0007',
  '\u009b31m',
  '\u202e',
  '\u200b',
  '\u{e0041}',
  '\r',
  '\u0000',
]

verifies('consent:shown:V41', 'names and arguments are shown with nothing that nobody sees', () => {
  for (const evil of hostile) {
    const args = JSON.stringify({ [`path${evil}`]: `/tmp/${evil}x` })
    const text = messageFor(askOf(args, { tool: `del${evil}`, reason: `why ${evil}` }))

    expect(withoutHidden(text)).toBe(text)
    expect(text).not.toContain('\r')
    expect(text).toContain('files')
    expect(text.split('\n')).toHaveLength(6)
  }
})

verifies(
  'consent:shown:V41',
  'every argument is shown as it is, also what stands there twice',
  () => {
    const text = messageFor(askOf('{"path":"a","path":"/etc/passwd","n":9007199254740993}'))

    expect(text).toContain('"write_file"')
    expect(text).toContain('"path": "a"')
    expect(text).toContain('"path": "/etc/passwd"')
    expect(text).toContain('9007199254740993')
  },
)

verifies(['consent:shown:V41', 'consent:bounds'], 'what is too long is cut and says so', () => {
  const long = JSON.stringify({ text: 'x'.repeat(20_000), last: 'DELETE' })
  const cut = messageFor(askOf(long))
  expect(cut).toContain(`cut here: ${long.length} bytes in all, digest digest-of-all`)
  expect(cut.length).toBeLessThan(9000)

  const huge = JSON.stringify({ text: 'é'.repeat(keptBytes) })
  const { shown } = askOf(huge)
  expect(shown).toMatchObject({ isWhole: false, bytes: Buffer.byteLength(huge) })
  expect(Buffer.byteLength(shown.text)).toBeLessThanOrEqual(keptBytes + 3)
  const params = JSON.parse(Buffer.from(questionParams(asked(askOf(huge))), 'latin1').toString())
  expect(params['_meta']['gantry/approval']).not.toHaveProperty('arguments')
  expect(params['_meta']['gantry/approval']).toMatchObject({
    arguments_bytes: Buffer.byteLength(huge),
  })
})

test('a question is JSON whatever the arguments are, and carries them as they came', () => {
  fc.assert(
    fc.property(jsonTexts, (value) => {
      const text = Buffer.from(questionParams(asked(askOf(`{"a":${value}}`))), 'latin1').toString()

      expect(JSON.parse(text)).toMatchObject({ _meta: { 'gantry/approval': { id: 'id1' } } })
      expect(text).toContain(`"arguments":{"a":${value}}`)
    }),
    { numRuns: 200 },
  )
})

test.each([
  [
    { action: 'accept', content: { decision: 'always' } },
    { decision: 'allow', scope: 'always', by: 'p' },
  ],
  [
    { action: 'accept', content: { decision: 'deny' } },
    { decision: 'deny', scope: 'once', by: 'p' },
  ],
  [{ action: 'decline' }, { decision: 'deny', scope: 'once', by: 'p' }],
  [{ action: 'cancel' }, 'dismissed'],
  [{ action: 'accept' }, 'unclear'],
  [{ action: 'accept', content: { decision: 'yes' } }, 'unclear'],
  [{ action: 'accept', content: { decision: true } }, 'unclear'],
  [{ content: { decision: 'always' } }, 'unclear'],
  [null, 'unclear'],
  ['accept', 'unclear'],
])('%j is %j', (said, meant) => {
  expect(replyIn(askOf('{}'), said, 'p')).toEqual(meant)
})

test('a choice that was not offered is none', () => {
  const said = { action: 'accept', content: { decision: 'conversation' } }

  expect(replyIn(askOf('{}', { conversation: undefined }), said, 'p')).toBe('unclear')
})

test.each([
  ['{}', false],
  ['{"elicitation":{}}', true],
  ['{"elicitation":{"form":{}}}', true],
  ['{"elicitation":{"url":{}}}', false],
  ['{"elicitation":{"url":{},"form":{}}}', true],
  ['{"elicitation":true}', false],
  ['{"roots":{"elicitation":{}}}', false],
])('a client with %s shows forms: %s', (capabilities, expected) => {
  expect(showsForms(capabilities)).toBe(expected)
})
