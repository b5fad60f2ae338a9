import { resolve } from 'node:path'
import { expect } from 'vitest'
import { verifies } from '../requirements/verifies.ts'
import { openLockBed } from './bed.ts'

const program = resolve(
  import.meta.dirname,
  '../subjects/node_modules/@modelcontextprotocol/server-everything/dist/index.js',
)

verifies(
  'lock:real',
  'a server from npm is locked once and stays as it was locked',
  async () => {
    await using bed = await openLockBed()
    await bed.configure({ everything: { command: process.execPath, args: [program, 'stdio'] } })
    const locked = await bed.gantry('lock')
    expect(locked).toMatchObject({ code: 0 })
    const { everything } = JSON.parse(await bed.lockText()).servers
    expect(everything.reported.name).toContain('everything')
    expect(everything.tools.echo).toMatchObject({ inputSchema: { required: ['message'] } })
    expect(Object.keys(everything.prompts).length).toBeGreaterThan(0)
    expect(Object.keys(everything.templates).length).toBeGreaterThan(0)
    expect(await bed.gantry('verify')).toEqual({
      code: 0,
      stdout: 'everything  as locked\n',
      stderr: '',
    })
  },
  60_000,
)
