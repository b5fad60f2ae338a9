import { expect } from 'vitest'
import { recorderOverStdio } from '../fixtures/recorder/entry.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { runGantry } from './run-gantry.ts'

const dying = {
  command: process.execPath,
  args: ['-e', 'console.error("the disk is on fire"); process.exit(3)'],
}

verifies(
  'cli:up:prints-addresses',
  'its addresses come first, then each server: ready, or failed with the reason and where to look',
  async () => {
    await using gateway = await startGateway({
      servers: { good: recorderOverStdio('modern'), dying, absent: { command: 'no-such-program' } },
    })
    await expect.poll(gateway.stdout, { timeout: 10_000 }).toContain('ready')
    const printed = gateway.stdout()
    const url = `http://127.0.0.1:${gateway.port}`

    expect(printed).toContain(`  MCP      ${url}/mcp\n`)
    for (const name of ['good', 'dying', 'absent'])
      expect(printed).toContain(`${url}/servers/${name}/mcp\n`)
    expect(printed).toContain(`  status   ${url}/api/servers/status\n`)
    expect(printed).toContain(`  config   ${gateway.folder}/gantry.json\n`)
    expect(printed).toMatch(/^ {2}ready {4}good +8 tools {2}started in \d+ ms$/m)
    expect(printed).toMatch(/^ {2}failed {3}dying +\S.*the disk is on fire$/m)
    expect(printed).toMatch(/^ {2}failed {3}absent +\S.*"no-such-program" was not found/m)
    expect(printed).toMatch(/^ {2}→ .*`gantry logs dying`/m)

    const logs = await runGantry(['logs', 'dying', '--url', url], { cwd: gateway.folder })
    expect(logs.stdout).toContain('the disk is on fire')
  },
)
