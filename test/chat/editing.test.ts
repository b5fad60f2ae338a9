import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import { inTerminal, openChatBed } from './chat-bed.ts'

verifies(
  ['chat:editing', 'chat:commands'],
  'several lines, a paste, the arrow keys, and the words behind a slash',
  inTerminal(async () => {
    await using bed = await openChatBed()
    const said = (): unknown => {
      const messages = bed.provider.requests().at(-1)?.body['messages']
      return Array.isArray(messages) ? messages.at(-1)?.content : undefined
    }
    bed.provider.script('fake-model', { text: 'Noted.' })
    const place = { ...bed.env, MCP_SERVER_CMD: bed.server.map((word) => `"${word}"`).join(' ') }
    await using chat = await bed.chat([], { env: place })
    await chat.sees('Connected to formatter 2.1.0')

    await chat.says('first\\')
    await chat.type('second')
    await chat.press('M-Enter')
    await chat.says('third', /^ {2}$|^$|second$/)
    await expect.poll(said, { timeout: 20_000 }).toBe('first\nsecond\nthird')

    await chat.waits(/^> ?$/)
    await chat.paste('one\ntwo\u001B[31m\n\tthree')
    await chat.waits(/three$/)
    await chat.press('Enter')
    await expect.poll(said, { timeout: 20_000 }).toBe('one\ntwo\n\tthree')

    await chat.says(' a secret')
    await expect.poll(said, { timeout: 20_000 }).toBe(' a secret')
    await chat.waits(/^> ?$/)
    await chat.press('Up', 'Up', 'Up', 'Up', 'Up', 'C-a')
    await chat.waits(/third$/)
    await chat.press('C-k')
    await chat.says('changed', /third$|^ {2}third|first|second|^$/)
    await expect.poll(said, { timeout: 20_000 }).toContain('changed')
    const history = join(bed.folder, 'state/gantry/chat/history')
    const kept = await readFile(history, 'utf8')
    expect(kept).toContain(JSON.stringify('first\nsecond\nthird'))
    expect(kept).not.toContain('a secret')
    expect((await stat(history)).mode & 0o777).toBe(0o600)

    await chat.says('/tols')
    await chat.sees('There is no command /tols\n  → Did you mean /tools?')
    await chat.says('/tools look')
    await chat.sees('Looks something up.\n{\n  "type": "object"')
    await chat.says('/resources')
    await chat.sees('notes://today  Today')
    await chat.says('/read notes://today')
    await chat.sees('Buy milk.')
    await chat.says('/attach notes://today')
    await chat.sees('notes://today goes with your next message.')
    await chat.says('/prompt greeting who="Ada L"')
    await chat.sees('Say hello to Ada L\n\nNoted.')
    const sent = bed.provider.requests().at(-1)?.text ?? ''
    expect(sent).toContain('Resource notes://today')
    expect(sent).toContain('Buy milk.')
    await chat.says('/servers')
    await chat.sees('formatter  ready, 6 tools')
    await chat.says('/model')
    await chat.sees('openai/fake-model answers.')
    await chat.says('/model demo')
    await chat.sees('Further messages go to demo.')
    await chat.says('/cost')
    await chat.sees(/\d+ tokens: \d+ read, \d+ written, in 5 answers\./)
    await chat.says('/save talk.json')
    await chat.sees(/Saved to .*talk\.json\./)
    await chat.says('/save')
    await chat.sees(/Saved to .*chat-[0-9a-f]{8}\.md\./)
    await chat.says('/save talk.json')
    await chat.sees('cannot be written: it is there already')
    await chat.says('/help')
    await chat.sees('/resume [ID]')
    const folder = join(bed.folder, 'terminal-1')
    const saved = JSON.parse(await readFile(join(folder, 'talk.json'), 'utf8'))
    expect(saved.messages.length).toBeGreaterThan(8)
    const [, id] = /Saved to .*(chat-[0-9a-f]{8}\.md)\./.exec(await chat.everything()) ?? []
    expect(await readFile(join(folder, id ?? ''), 'utf8')).toContain('## assistant\n\nNoted.')
    await chat.says('exit')
    expect(await chat.exit()).toBe(0)
  }),
  60_000,
)
