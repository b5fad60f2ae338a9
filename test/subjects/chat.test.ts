import { afterAll, beforeAll, expect } from 'vitest'

import { inTerminal, openChatBed } from '../chat/chat-bed.ts'
import type { ChatBed } from '../chat/chat-bed.ts'
import { verifies } from '../requirements/verifies.ts'
import { prepareSubjects } from './servers.ts'

let bed: ChatBed

beforeAll(async () => {
  bed = await openChatBed()
})

afterAll(() => bed[Symbol.asyncDispose]())

verifies(
  ['chat:dialogue', 'chat:connect'],
  'the official everything server is talked to by its command: tools, a prompt, a resource, a call',
  inTerminal(async () => {
    const [everything] = await prepareSubjects(bed.folder)
    bed.provider.script(
      'fake-model',
      { calls: [{ name: 'echo', arguments: { message: 'ahoy' } }] },
      { text: 'It said ahoy.' },
    )
    const { command = '', args = [] } = everything ?? {}
    await using chat = await bed.chat(['--', command, ...args], { rows: 50, columns: 120 })
    await chat.sees(
      /Connected to mcp-servers\/everything [\d.]+: \d+ tools, \d+ prompts, \d+ resources/,
    )
    await chat.says('get prompt simple-prompt')
    await chat.sees('USER:\nThis is a simple prompt without arguments.')
    await chat.says('say ahoy')
    await chat.says('y', /n no \[n\] >$/)
    await chat.sees('Echo: ahoy')
    await chat.sees('It said ahoy.')
    await chat.says('quit')
    expect(await chat.exit()).toBe(0)
  }),
  60_000,
)
