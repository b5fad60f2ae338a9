import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'vitest'

import { makeBed } from '../door/gateways.ts'
import { processesWith } from '../kit/process-tree.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { fakeEntry } from './bed.ts'

verifies(
  'llm:inside:lost',
  'a run that was under way when the gateway was killed is told as lost by the next, and is gone',
  async () => {
    await using folder = await createTempFolder()
    const fake = join(folder.path, 'fake')
    await mkdir(fake)
    await writeFile(
      join(fake, 'scripts.json'),
      JSON.stringify([{ hangs: true, ignoresTerm: true }]),
    )
    await using bed = await makeBed({ llm: { programs: { fake: fakeEntry(fake) } } })
    const api = `http://127.0.0.1:${bed.port}/api`
    const running = () =>
      processesWith(fake).filter(({ command }) => command.includes('fake-program'))
    const first = await bed.start()
    const response = await fetch(`${api}/tools/call`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        server_name: 'llm',
        tool_name: 'execute_llm',
        arguments: { model: 'fake', prompt: 'x', detach: true },
      }),
    })
    const { run_id: run } = Object(Object(await response.json()).structured_content)
    await expect.poll(() => running().length).toBeGreaterThan(0)

    process.kill(first.pid, 'SIGKILL')
    await first.closed
    await expect.poll(running).toEqual([])
    await using second = await bed.start()
    const read = await fetch(`${api}/llm/runs/${run}`)

    expect(second.pid).not.toBe(first.pid)
    expect(await read.json()).toMatchObject({
      state: 'failed',
      result: { success: false, error_class: 'lost' },
    })
  },
)
