import { spawnSync } from 'node:child_process'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { openAdminSocket } from '../../src/apps/gateway/admin-socket.ts'
import { watchProcess } from '../../src/apps/gateway/process-facts.ts'
import type { Census } from '../../src/core/observe/census.ts'
import { createCensus } from '../../src/core/observe/census.ts'
import { inTempFolder } from '../kit/temp-folder.ts'

async function open(folder: string, census: Census = createCensus()) {
  await using undo = new AsyncDisposableStack()
  const watch = undo.use(watchProcess(() => performance.now()))
  const socket = undo.use(await openAdminSocket({ folder, census, process: watch.facts }))
  const owned = undo.move()
  return { path: socket.path, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

function ask(socketPath: string, path: string, method = 'GET'): Promise<readonly [number, string]> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, method, agent: false }, (response) => {
      text(response).then((body) => resolve([response.statusCode ?? 0, body]), reject)
    })
    sent.on('error', reject)
    sent.end()
  })
}

test(
  'it tells how much everything holds, and what the process uses',
  inTempFolder(async (folder) => {
    const census = createCensus()
    census.add({ name: 'calls', count: () => 3 })
    await using socket = await open(join(folder, 'run'), census)

    const [status, body] = await ask(socket.path, '/debug/census')

    expect(status).toBe(200)
    expect(JSON.parse(body)).toEqual({
      counts: { calls: 3 },
      process: {
        pid: process.pid,
        resident_bytes: expect.any(Number),
        heap_used_bytes: expect.any(Number),
        open_fds: expect.any(Number),
        handles: expect.any(Object),
      },
    })
  }),
)

test(
  'nothing else is there',
  inTempFolder(async (folder) => {
    await using socket = await open(folder)

    for (const [path, method] of [
      ['/', 'GET'],
      ['/debug/census', 'POST'],
      ['/debug/census/', 'GET'],
      ['/api/status', 'GET'],
    ] as const) {
      expect((await ask(socket.path, path, method))[0]).toBe(404)
    }
  }),
)

test(
  'only its owner can reach it, and it leaves no file behind',
  inTempFolder(async (folder) => {
    const run = join(folder, 'state', 'run')
    {
      await using socket = await open(run)

      expect((await stat(run)).mode & 0o777).toBe(0o700)
      expect((await stat(socket.path)).mode & 0o777).toBe(0o600)
      expect(socket.path).toBe(join(run, `${process.pid}.sock`))
    }
    expect(await readdir(run)).toEqual([])
  }),
)

test(
  'what killed gateways left is removed; what running ones use, and what is not ours, stays',
  inTempFolder(async (folder) => {
    const ended = spawnSync(process.execPath, ['-e', '']).pid
    const others = [`${process.ppid}.sock`, 'notes.txt', 'x.sock']
    await mkdir(folder, { recursive: true })
    for (const file of [`${ended}.sock`, `${process.pid}.sock`, ...others])
      await writeFile(join(folder, file), '')

    await using socket = await open(folder)

    expect((await readdir(folder)).toSorted()).toEqual(
      [`${process.pid}.sock`, ...others].toSorted(),
    )
    expect((await ask(socket.path, '/debug/census'))[0]).toBe(200)
  }),
)

test(
  'a path that no socket can have is refused, and nothing stays open',
  inTempFolder(async (folder) => {
    await expect(open(join(folder, 'x'.repeat(120)))).rejects.toThrow(/EINVAL|ENAMETOOLONG/)
  }),
)
