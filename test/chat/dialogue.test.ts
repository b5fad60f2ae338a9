import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import { inTerminal, openChatBed } from './chat-bed.ts'

const consent = /n no \[n\] >$/
const more = /lines: Enter for more, .* >$/

verifies(
  ['chat:dialogue', 'chat:consent', 'chat:markdown'],
  'one server by its command, its lists, a prompt, an answer with a tool that was asked for, and quit',
  inTerminal(async () => {
    await using bed = await openChatBed()
    bed.provider.script(
      'fake-model',
      { calls: [{ name: 'format_text', arguments: { text: 'hello\u202E', style: 'loud' } }] },
      { text: ['It is **HEL', 'LO** now.'] },
    )
    await using chat = await bed.chat(['--', ...bed.server])

    await chat.sees('Connected to formatter 2.1.0: 6 tools, 1 prompt, 1 resource')
    await chat.sees('It can do: tools, prompts, resources')
    await chat.sees('openai/fake-model answers.')
    await chat.says('list tools')
    await chat.sees(/format_text +Formats a text\./)
    await chat.says('list prompts')
    await chat.sees('greeting(who)  Greets somebody')
    await chat.says('get prompt greeting')
    await chat.says('Ada', /who >$/)
    await chat.sees('USER:\nSay hello to Ada\n')

    await chat.says('Make hello loud')
    await chat.sees('? formatter wants to run format_text\n  because it may change something')
    await chat.sees('"text": "hello\\u202e",\n      "style": "loud"')
    expect(existsSync(join(bed.folder, 'formatted'))).toBe(false)
    await chat.says('y', consent)
    await chat.sees('✓ formatter format_text')
    await chat.sees('It is HELLO now.')
    expect(JSON.parse(await readFile(join(bed.folder, 'formatted'), 'utf8'))).toEqual({
      text: 'hello\u202E',
      style: 'loud',
    })
    await chat.says('quit')

    expect(await chat.exit()).toBe(0)
    expect(bed.provider.requests()).toHaveLength(2)
  }),
  60_000,
)

function format(args: object) {
  return { calls: [{ name: 'format_text', arguments: args }] }
}

verifies(
  ['chat:consent', 'chat:consent:granted', 'chat:consent:long', 'chat:files'],
  'no is told to the model, a conversation is asked once, long arguments are shown to their end',
  inTerminal(async () => {
    await using bed = await openChatBed()
    const lines = Array.from({ length: 200 }, (_, index) => `line ${index}`)
    bed.provider.script(
      'fake-model',
      format({ text: 'first' }),
      { text: 'You said no.' },
      format({ text: 'x', style: lines.join(' and ') }),
      { text: 'Long one done.' },
      format({ text: 'third' }),
      { text: 'Third done.' },
      { calls: [{ name: 'picture', arguments: {} }] },
      { text: 'Drawn.' },
      {
        calls: [
          { name: 'format_text', arguments: { text: 'fourth' } },
          { name: 'delete_all', arguments: { path: '/tmp' } },
        ],
      },
      { text: 'Both refused.' },
    )
    await using chat = await bed.chat(['--', ...bed.server], { rows: 16, columns: 100 })
    await chat.sees('Or just chat.')

    await chat.says('one')
    await chat.says('what?', consent)
    await chat.sees('Answer y, c, a or n.')
    await chat.says('', consent)
    await chat.sees('It is not run.')
    await chat.sees('You said no.')
    expect(bed.provider.requests()[1]?.text).toContain('said no to this call')

    await chat.says('two')
    await chat.waits(more)
    expect(await chat.everything()).not.toContain('199"')
    await chat.says('a', more)
    await chat.says('c', consent)
    expect(await chat.everything()).toContain('199"')
    await chat.sees('Long one done.')

    await chat.says('three')
    await chat.sees('Third done.')
    await chat.says('/allow')
    await chat.sees(/formatter format_text {2}in this conversation/)
    const [, id = ''] =
      /(\w+) {2}formatter format_text {2}in this/.exec(await chat.everything()) ?? []
    await chat.says(`/allow revoke ${id}`)
    await chat.sees('formatter format_text asks again.')

    await chat.says('five')
    await chat.says('y', consent)
    await chat.sees(/image\/png \(\d+ bytes\) saved to \S+picture\.png/)
    await chat.sees('Drawn.')

    await chat.says('six')
    await chat.waits(consent)
    await chat.sees('"text": "fourth"')
    // Two at once are asked about one after the other.
    expect(await chat.everything()).not.toContain('delete_all')
    await chat.says('n', consent)
    await chat.sees('"path": "/tmp"')
    await chat.says('no', consent)
    await chat.sees('Both refused.')
    expect(existsSync(join(bed.folder, 'deleted'))).toBe(false)
    await chat.waits(/^> ?$/)
    await chat.press('C-d')
    expect(await chat.exit()).toBe(0)
  }),
  60_000,
)

verifies(
  'chat:markdown',
  'an answer longer than the screen is shown while it comes, and each of its lines once',
  inTerminal(async () => {
    await using bed = await openChatBed()
    const code = Array.from({ length: 60 }, (_, index) => `line ${index} of code\n`)
    const goOn = Promise.withResolvers<void>()
    bed.provider.script('fake-model', {
      text: ['before\n\n```js\n', ...code, '```\n\nafter **it**\n'],
      beforePiece: (index) => (index === 45 ? goOn.promise : Promise.resolve()),
    })
    await using chat = await bed.chat(['--', ...bed.server], { rows: 15, columns: 50 })

    await chat.says('show me code')
    await chat.waits(/^line 43 of code$/)
    goOn.resolve()
    await chat.sees('\n\nafter it\n')
    await chat.waits(/^> ?$/)

    const lines = (await chat.everything()).split('\n').filter((line) => line.includes(' of code'))
    expect(lines).toEqual(code.map((line) => `  ${line.trimEnd()}`))
  }),
  60_000,
)
