import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { expect } from 'vitest'

import { runGantry } from '../cli/run-gantry.ts'
import { startGateway } from '../kit/gateway.ts'
import { inTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { runProgram } from './clients/run-program.ts'

const inspector = resolve(
  import.meta.dirname,
  'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js',
)
const servers = {
  example: {
    command: process.execPath,
    args: [resolve(import.meta.dirname, '../../src/apps/example-server/main.ts')],
  },
}

verifies(
  ['clients:connect:real-client', 'clients:connect:bridge'],
  'the official inspector takes the files that were written and lists the tools, over HTTP and as a program',
  inTempFolder(async (folder) => {
    await using gateway = await startGateway({ servers })
    const config = join(folder, 'gantry.json')
    await writeFile(config, JSON.stringify({ listen: { port: gateway.port }, servers }))
    await runGantry(['connect', 'claude-code', '--project', '--write'], { cwd: folder })
    await runGantry(['connect', 'claude-desktop', '--write'], { cwd: folder })
    const files = [
      join(folder, '.mcp.json'),
      join(folder, '.config/Claude/claude_desktop_config.json'),
    ]

    for (const file of files) {
      const from = ['--cli', '--config', file, '--server', 'gantry', '--cwd', '/']
      const answer = await runProgram([inspector, ...from, '--method', 'tools/list'], folder)

      expect(answer).toMatchObject({
        tools: [{ name: 'add' }, { name: 'echo' }, { name: 'clock' }],
      })
    }
  }),
  120_000,
)
