import { cp, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect } from 'vitest'
import { modernClient } from '../fixtures/edge/client.ts'
import { startGateway } from '../kit/gateway.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'

const example = resolve(import.meta.dirname, '../../src/apps/example-server')

verifies(
  'catalog:list:persisted',
  'what a server offered last time is listed while it does not start',
  async () => {
    await using folder = await createTempFolder()
    const program = join(folder.path, 'main.ts')
    await cp(example, folder.path, { recursive: true })
    const config = { servers: { kept: { command: process.execPath, args: [program] } } }
    const options = { env: { XDG_STATE_HOME: join(folder.path, 'state') } }
    {
      await using first = await startGateway(config, options)
      const { body } = await modernClient(first.url).request('1', 'tools/list').answer
      expect(body).toContain('"name":"clock"')
    }

    await writeFile(program, 'setInterval(() => {}, 1000)')
    await using second = await startGateway(config, options)
    const { body } = await modernClient(second.url).request('1', 'tools/list').answer
    const status = await (await fetch(new URL('/api/servers/status', second.url))).text()

    expect(body).toContain('"name":"clock"')
    expect(status).toContain('"state":"starting"')
  },
)
