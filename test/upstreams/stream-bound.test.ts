import { expect } from 'vitest'
import { exchange } from '../../src/upstreams/http/post.ts'
import { toBuffer } from '../../src/wire/bytes.ts'
import { startRawServer } from '../kit/raw-server.ts'
import { openClient } from '../kit/relayed.ts'
import { verifies } from '../requirements/verifies.ts'

const events = (...data: readonly string[]) =>
  `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n${data.map((one) => `data: ${one}\n\n`).join('')}`

verifies(
  'wire:sse:bounded',
  'a line or an event over the limit ends its stream, its connection and nothing else',
  async () => {
    const huge = 'x'.repeat(5000)
    const lines = Array.from({ length: 50 }, () => `data: ${'y'.repeat(100)}`).join('\n')
    const closed: boolean[] = []
    await using server = await startRawServer(({ socket, index }) => {
      socket.once('close', () => (closed[index] = true))
      socket.write(events('1', index === 0 ? huge : index === 1 ? lines.slice(6) : '2'))
      if (index > 1) socket.end()
    })
    using client = openClient(server.url)
    const way = { relay: client, limitBytes: 1000 }
    const ask = () =>
      new Promise<{ messages: string[]; problem?: string }>((resolve) => {
        const messages: string[] = []
        exchange(
          way,
          { method: 'POST', headers: '', body: '' },
          {
            message: (bytes) => void messages.push(toBuffer(bytes).toString()),
            end: () => resolve({ messages }),
            failed: ({ message: problem }) => resolve({ messages, problem }),
          },
        )
      })

    const tooLarge = { messages: ['1'], problem: 'an answer of more than 1000 bytes' }
    expect([await ask(), await ask(), await ask()]).toEqual([
      tooLarge,
      tooLarge,
      { messages: ['1', '2'] },
    ])
    await expect.poll(() => closed).toEqual([true, true, true])
  },
)
