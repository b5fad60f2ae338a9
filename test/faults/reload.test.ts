import { open, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'

import { callModern } from '../ends/clients.ts'
import { verifies } from '../requirements/verifies.ts'
import { createStdioFault, startHttpFault } from './lab/entry.ts'
import { startReloading, untilReady, type Reloading } from './reloading.ts'

verifies(
  'fault:F48-damaged-config',
  'F48: a file that is written slowly is refused each time it is read in between, and applied by itself when it is whole',
  async () => {
    await using kept = await createStdioFault({ name: 'kept' })
    await using gateway = await startReloading({ servers: { kept: kept.entry } })
    const before = await untilReady(gateway, 1)
    const whole = JSON.stringify({ servers: { kept: kept.entry, more: kept.entry } })
    const chunkBytes = Math.ceil(whole.length / 10)

    await using handle = await open(gateway.file, 'w')
    for (let at = 0; at < whole.length; at += chunkBytes) {
      const refused = await gateway.after(gateway.hangUp)
      expect(refused.reload).toMatchObject({ ok: false, error: { code: 'config_invalid' } })
      expect(refused.generation).toBe(1)
      expect(await echoOf(gateway)).toBe('still here')
      await handle.write(whole.slice(at, at + chunkBytes))
    }

    await expect.poll(async () => (await gateway.status()).generation, { timeout: 10_000 }).toBe(2)
    expect(await gateway.readiness()).toMatchObject({ httpStatus: 200, last_reload_error: null })
    expect(await untilReady(gateway, 2)).toMatchObject(before)
    expect(await gateway.text()).toBe(whole)
  },
)

verifies(
  'fault:F48-damaged-config',
  'F48: a file that is cut off, emptied or deleted changes nothing, is shown as the fault it is and left as it is',
  async () => {
    await using kept = await createStdioFault({ name: 'kept' })
    const config = { servers: { kept: kept.entry } }
    await using gateway = await startReloading(config)
    const before = await untilReady(gateway, 1)
    const whole = await gateway.text()
    const damages = {
      'cut off': { damage: () => writeFile(gateway.file, whole.slice(0, 40)), says: ':4:7: ' },
      empty: { damage: () => writeFile(gateway.file, ''), says: 'the file is empty' },
      deleted: { damage: () => rm(gateway.file), says: 'it does not exist' },
    }

    for (const [name, { damage, says }] of Object.entries(damages)) {
      const { reload, generation } = await gateway.after(damage)
      const left = await stateOf(gateway.file)
      const seen = await gateway.readiness()

      expect(reload?.error?.message, name).toContain(gateway.file)
      expect(reload?.error?.message, name).toContain(says)
      expect(reload?.error?.remedy, name).not.toBe('')
      expect(seen, name).toMatchObject({
        httpStatus: 200,
        last_reload_error: reload?.error?.message,
      })
      expect(await echoOf(gateway)).toBe('still here')
      const healed = await gateway.after(async () => {
        expect(await stateOf(gateway.file), name).toEqual(left)
        await gateway.save(config)
      })
      expect(healed.reload, name).toMatchObject({ ok: true })
      expect((await gateway.readiness()).last_reload_error, name).toBeNull()
      expect([generation, healed.generation], name).toEqual([1, 1])
    }
    expect(await untilReady(gateway, 1)).toEqual(before)
    expect(await readdir(dirname(gateway.file))).toEqual(['gantry.json', 'home', 'state'])
  },
  60_000,
)

verifies(
  'fault:F49-invalid-config',
  'F49: what is valid JSON and means nothing is refused as a whole, in either mode, with the place of every mistake',
  async () => {
    await using kept = await createStdioFault({ name: 'kept' })
    await using gateway = await startReloading({
      reload: { watch: false },
      servers: { kept: kept.entry },
    })
    const before = await untilReady(gateway, 1)
    const fine = `"kept": ${JSON.stringify(kept.entry)}`
    const mistakes: readonly (readonly [text: string, said: readonly string[]])[] = [
      [`{ "servers": { ${fine},\n  "a": { "url": "not a url" } } }`, [':2:17: ', '"not a url"']],
      [`{ "servers": { ${fine},\n  "a": {} } }`, [':2:3: ', 'neither "command" nor "url"']],
      [`{ "servers": { ${fine},\n  "kept": { "command": "x" } } }`, [':2:3: ', 'kept']],
      [
        `{ "servers": { ${fine},\n  "a": { "command": "\${env:NOT_SET}" } } }`,
        [':2:21: ', 'NOT_SET'],
      ],
      [
        `{ "servers": { ${fine},\n  "a": { "command": "x", "timeoutMs": 0 },\n  "b": { "command": 7 } } }`,
        [':2:39: ', 'timeoutMs', ':3:21: ', 'servers.b.command'],
      ],
      [`{ "listen": { "port": 70000 },\n  "servers": { ${fine} } }`, [':1:23: ', '70000']],
    ]
    for (const mode of ['strict', 'lenient'])
      for (const [text, said] of mistakes) {
        await writeFile(gateway.file, `${text.slice(0, -2)}, "reload": { "mode": "${mode}" } }`)

        const { code } = await gateway.reload()
        const { reload, generation } = await gateway.status()

        expect(code, text).toBe('config_invalid')
        for (const words of said) expect(reload?.error?.message, text).toContain(words)
        expect(reload?.error?.message, text).toContain(`${gateway.file}:`)
        expect(generation).toBe(1)
      }
    expect(await echoOf(gateway)).toBe('still here')
    expect(await untilReady(gateway, 1)).toEqual(before)
  },
)

verifies(
  'fault:F49-one-bad-server',
  'F49: one server of fifty that does not start keeps a strict gateway as it was; a lenient one takes the other forty-nine',
  async () => {
    await using kept = await createStdioFault({ name: 'kept' })
    await using remote = await startHttpFault({ name: 'remote' })
    const config = { reload: { watch: false }, servers: { kept: kept.entry } }
    await using gateway = await startReloading(config)
    const before = await untilReady(gateway, 1)
    const remotes = Array.from({ length: 48 }, (_, index) => [`s${index}`, { url: remote.url }])
    const bad = {
      command: process.execPath,
      args: ['-e', 'console.error("no luck"); process.exit(3)'],
    }
    const fifty = { kept: kept.entry, ...Object.fromEntries(remotes), bad }

    await gateway.save({ ...config, servers: fifty })
    const refused = await gateway.reload()
    expect(refused).toMatchObject({ code: 'reload_refused' })
    expect(refused['detail']).toContain('"bad" did not start')
    expect((await gateway.servers()).map(({ name, pid }) => [name, pid])).toEqual([
      ['kept', before['kept']],
    ])
    expect((await gateway.readiness()).last_reload_error).toContain('bad')

    await gateway.save({ reload: { watch: false, mode: 'lenient' }, servers: fifty })
    const applied = await gateway.reload()
    expect(applied).toMatchObject({ generation: 2 })
    expect(await untilReady(gateway, 49)).toMatchObject(before)
    await expect
      .poll(() => gateway.server('bad'))
      .toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('no luck'),
      })
    expect((await gateway.readiness()).last_reload_error).toBeNull()
    expect(
      (await callModern(gateway.url, 's47__echo', { text: 'hi' }).answer).result,
    ).toMatchObject({
      content: [{ text: 'hi' }],
    })
  },
  60_000,
)

async function echoOf(gateway: Reloading): Promise<unknown> {
  const { result, error } = await callModern(gateway.urlOf('kept'), 'echo', { text: 'still here' })
    .answer
  return result?.content[0]?.text ?? error
}

/** Enough to see whether anybody wrote to it or made it anew. */
async function stateOf(file: string): Promise<unknown> {
  await pause(100)
  const stats = await stat(file).catch(() => undefined)
  return stats && { inode: stats.ino, modifiedMs: stats.mtimeMs, bytes: stats.size }
}
