import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { expect } from 'vitest'

import { root } from '../house/clone.ts'
import { startGateway } from '../kit/gateway.ts'
import { processesWith } from '../kit/process-tree.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { fakeEntry } from './bed.ts'
import { eras } from './client.ts'

for (const era of eras) {
  verifies(
    ['llm:mcp:stream', 'llm:mcp:abandoned'],
    `through a gateway a client of the ${era} era hears the answer, and what it cancels ends`,
    async () => {
      await using folder = await createTempFolder()
      const file = join(folder.path, 'llm.json')
      const scripts = [
        { stdout: 'one two', pieceBytes: 1 },
        { hangs: true, ignoresTerm: true },
      ]
      await writeFile(join(folder.path, 'scripts.json'), JSON.stringify(scripts))
      const programs = { fake: fakeEntry(folder.path) }
      await writeFile(file, JSON.stringify({ llm: { programs } }))
      const args = ['llm', '--config', file]
      await using gateway = await startGateway({
        servers: { llm: { command: join(root, 'bin/gantry'), args, startTimeoutMs: 60_000 } },
      })
      const mode = era === 'legacy' ? ('legacy' as const) : { pin: '2026-07-28' }
      const client = new Client(
        { name: 'tests', version: '1.0.0' },
        { versionNegotiation: { mode } },
      )
      await client.connect(new StreamableHTTPClientTransport(new URL(gateway.url)))
      const heard: string[] = []
      const ofFake = () =>
        processesWith(folder.path).filter(({ command }) => command.includes('fake-program'))

      const answered = await client.callTool(
        { name: 'stream_llm', arguments: { model: 'fake', prompt: 'x' } },
        { onprogress: ({ message = '' }) => void heard.push(message) },
      )
      const cancelling = new AbortController()
      const cancelled = client
        .callTool(
          { name: 'execute_llm', arguments: { model: 'fake', prompt: 'x' } },
          { signal: cancelling.signal },
        )
        .catch((error: unknown) => error)
      await expect.poll(() => ofFake().length).toBeGreaterThan(0)
      cancelling.abort()

      expect(heard.join('')).toBe('one two')
      expect(answered.content).toMatchObject([{ type: 'text', text: 'one two' }])
      expect(await cancelled).toBeInstanceOf(Error)
      await expect.poll(ofFake).toEqual([])
      await client.close()
    },
  )
}
