import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'vitest'

import { descendantsOf, survivorsOf } from '../kit/process-tree.ts'
import { verifies } from '../requirements/verifies.ts'
import { inTerminal, openChatBed } from './chat-bed.ts'

const never = (): Promise<never> => new Promise(() => {})

verifies(
  ['chat:interrupt', 'chat:resume'],
  'Ctrl-C ends an answer and a tool, the conversation goes on, and is there again after the end',
  inTerminal(async () => {
    await using bed = await openChatBed()
    bed.provider.script(
      'fake-model',
      {
        text: ['Once upon a time', ' there was'],
        beforePiece: (n) => (n === 1 ? never() : Promise.resolve()),
      },
      { calls: [{ name: 'slow', arguments: {} }] },
      { text: 'Still here.' },
    )
    {
      await using chat = await bed.chat(['--allow', 'slow', '--', ...bed.server])
      await chat.says('tell me a story')
      await chat.sees('Once upon a time')
      await chat.press('C-c')
      await chat.sees('Interrupted.')
      await expect.poll(() => bed.provider.requests()[0]?.isAbandoned()).toBe(true)

      await chat.says('now the slow one')
      await chat.sees('… formatter slow  25 % a quarter is done')
      await chat.press('C-c')
      await expect
        .poll(() => existsSync(join(bed.folder, 'cancelled')), { timeout: 20_000 })
        .toBe(true)
      await chat.says('are you there?')
      await chat.sees('Still here.')
      const messages = bed.provider.requests()[2]?.body['messages']
      expect(messages).toMatchObject([
        { role: 'user', content: 'tell me a story' },
        { role: 'assistant', content: 'Once upon a time' },
        { role: 'user', content: 'now the slow one' },
        { role: 'assistant', tool_calls: [{ id: expect.any(String) }] },
        { role: 'tool', tool_call_id: expect.any(String) },
        { role: 'user', content: 'are you there?' },
      ])

      await chat.waits(/^> ?$/)
      const below = descendantsOf(Number(await chat.ask('#{pane_pid}')))
      expect(below.length).toBeGreaterThan(0)
      await chat.press('C-c')
      expect(await chat.exit()).toBe(0)
      await expect.poll(() => survivorsOf(below)).toEqual([])
    }

    const kept = join(bed.folder, 'state/gantry/chat/conversations')
    const [file = ''] = await readdir(kept)
    expect((await stat(join(kept, file))).mode & 0o777).toBe(0o600)
    expect((await stat(kept)).mode & 0o777).toBe(0o700)

    bed.provider.script('fake-model', { text: 'I remember.' })
    await using again = await bed.chat(['--resume', file.slice(0, 8), '--', ...bed.server])
    await again.sees('> are you there?\nStill here.')
    await again.says('what did I ask first?')
    await again.sees('I remember.')
    expect(bed.provider.requests().at(-1)?.text).toContain('tell me a story')
    await again.says('/new')
    await again.sees('A new conversation.')
    await again.says('/resume')
    await again.sees(/[0-9a-f]{8} \d{4}-\d\d-\d\d \d\d:\d\d +tell me a story/)
    await again.says(`/resume ${file.slice(0, 8)}`)
    await again.sees(/Conversation [0-9a-f]{8}, 9 messages/)
    await again.says('quit')
    expect(await again.exit()).toBe(0)
    expect(JSON.parse(await readFile(join(kept, file), 'utf8')).messages).toHaveLength(9)
  }),
  60_000,
)

verifies(
  ['chat:interrupt'],
  'a second Ctrl-C does not wait for a server or a model that answers nothing',
  inTerminal(async () => {
    await using bed = await openChatBed()
    bed.provider.script('fake-model', { hangs: true })
    await using chat = await bed.chat(['--', ...bed.server])
    await chat.says('anything')
    await expect.poll(() => bed.provider.requests().length, { timeout: 20_000 }).toBe(1)
    const below = descendantsOf(Number(await chat.ask('#{pane_pid}')))

    await chat.press('C-c')
    await chat.press('C-c')

    expect(await chat.exit()).toBe(0)
    await expect.poll(() => survivorsOf(below)).toEqual([])
  }),
  60_000,
)
