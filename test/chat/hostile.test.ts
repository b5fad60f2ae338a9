import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { expect } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import { inTerminal, openChatBed } from './chat-bed.ts'
import { hostileText } from '../fixtures/chat/hostile-text.ts'

verifies(
  'chat:hostile',
  'the screen stays whole under everything a model or a server says, in whatever chunks',
  inTerminal(async () => {
    await using bed = await openChatBed()
    bed.provider.script(
      'fake-model',
      {
        calls: [
          { name: 'hostile', arguments: { note: hostileText } },
          { name: `evil${hostileText}`, arguments: {} },
        ],
      },
      // One character at a time: every sequence is cut everywhere.
      { text: [...hostileText.split(''), '\n\n', 'and a last line'] },
    )
    await using chat = await bed.chat(['--', ...bed.server], { columns: 200 })
    await chat.sees('Or just chat.')

    await chat.says('list tools')
    await chat.says('do it')
    await chat.sees(String.raw`"note": "begin\u001b[2J\u001b[H\u001b]0;owned\u0007\u001b]52;c;`)
    await chat.sees(String.raw`over\u202ewritten\u0007 end"`)
    await chat.says('y', /n no \[n\] >$/)
    await chat.sees('and a last line')
    await chat.waits(/^> ?$/)

    const everything = await chat.everything()
    expect(everything).toContain('Or just chat.')
    expect(everything).toContain('> list tools')
    expect(everything).toMatch(/✓ formatter hostile .*\n {2}beginlink overwritten end/)
    expect(everything).toMatch(/✗ evil ?begin/)
    expect(everything).toContain('\nbeginlinkoverwritten end\n\nand a last line\n')
    expect(await chat.ask('#{pane_title}')).not.toContain('owned')
    expect(await chat.ask('#{window_name}')).not.toContain('owned')
    expect(await chat.clipboard()).toBe('')
    expect(await chat.escapes()).not.toContain('\u001B]')
  }),
  60_000,
)

verifies(
  'chat:injection',
  'a tool that a result talks the model into is asked about with its real arguments, and no is final',
  inTerminal(async () => {
    await using bed = await openChatBed()
    const remove = { calls: [{ name: 'delete_all', arguments: { path: '/home/me' } }] }
    bed.provider.script(
      'fake-model',
      { calls: [{ name: 'look', arguments: { what: 'weather' } }] },
      remove,
      remove,
      { text: 'I could not.' },
    )
    await using chat = await bed.chat(['--allow', 'formatter/look', '--', ...bed.server])
    await chat.says('what is the weather?')

    await chat.waits(/n no \[n\] >$/)
    const shown = await chat.everything()
    expect(shown).toContain('? formatter wants to run delete_all')
    expect(shown).toContain('words from outside have come into the conversation')
    expect(shown).toContain('"path": "/home/me"')
    await chat.says('n', /n no \[n\] >$/)

    // The same call a second time is refused without another question.
    await chat.sees('I could not.')
    expect((await chat.everything()).match(/wants to run delete_all/g)).toHaveLength(1)
    expect(existsSync(join(bed.folder, 'deleted'))).toBe(false)
  }),
  60_000,
)

verifies(
  ['chat:width', 'chat:editing'],
  'wide characters, a narrow window and another size leave the screen whole',
  inTerminal(async () => {
    await using bed = await openChatBed()
    bed.provider.script('fake-model', {
      text: ['日本語の長い文章', 'はここで折り返します。\n\n- 一つ目\n- 二つ目', ' 👩‍👩‍👧\n'],
    })
    await using chat = await bed.chat(['--', ...bed.server], { columns: 24, rows: 20 })
    await chat.waits(/^> ?$/)

    await chat.type('こんにちは世界、これは長い一行です')
    await chat.press('Left', 'Left', 'BSpace')
    await chat.type('X')
    await chat.sees('> こんにちは世界、これ\n  は長い一Xです')
    await chat.resize(40, 20)
    await chat.sees('> こんにちは世界、これは長い一Xです')
    await chat.resize(24, 20)
    await chat.waits(/^ {2}は長い一Xです$/)
    await chat.press('Enter')
    await chat.sees('• 二つ目 👩‍👩‍👧')
    await chat.waits(/^> ?$/)

    expect(bed.provider.requests()[0]?.body['messages']).toMatchObject([
      { content: 'こんにちは世界、これは長い一Xです' },
    ])
    const everything = await chat.everything()
    expect(everything).toContain('\n日本語の長い文章はここ\nで折り返します。\n\n')
    expect(everything.match(/> こ/g)).toHaveLength(1)
    await chat.press('C-c')
    expect(await chat.exit()).toBe(0)
  }),
  60_000,
)
