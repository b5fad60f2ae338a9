import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readdir, rm } from 'node:fs/promises'
import { connect, createServer, Server, Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * A listening socket goes from one gateway to the next without being closed: then no connection that waits in it is
 * lost, as it is with two sockets on one port. Node passes sockets only between a process and its child, so each
 * side has a child do it; the two children meet on a Unix socket. A child finds its other end by `NODE_CHANNEL_FD`.
 */
const give = `
const door = require('node:net').createServer()
door.listen({ fd: 4 })
process.send('door', door)
door.close()
process.disconnect()
`
/** Takes what comes on one channel and sends it on over the other, without accepting a connection meanwhile. */
const passOn = `
process.once('message', (_, door) => {
  const stdio = ['ignore', 'ignore', 'inherit', 4, door._handle.fd]
  const env = { NODE_CHANNEL_FD: '3' }
  require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(give)}], { stdio, env })
  door.close()
  process.disconnect()
})
`
const takeMs = 10_000

/** Where the gateway with this process id can be asked for its listening socket. */
export function handOverPath(folder: string, pid: number): string {
  return join(folder, `${pid}.door`)
}

/** Gives the listening socket `fd` to whoever of the same user asks for it, one after the other. */
export async function offerDoor(fd: number, path: string): Promise<AsyncDisposable> {
  let giving: ChildProcess | undefined
  const desk = createServer({ pauseOnConnect: true }, (asking) => {
    asking.on('error', () => asking.destroy())
    if (giving) return void asking.destroy()
    giving = spawn(process.execPath, ['-e', give], {
      stdio: ['ignore', 'ignore', 'ignore', asking, fd],
      env: { NODE_CHANNEL_FD: '3' },
    })
    const given = () => {
      giving = undefined
      asking.destroy()
    }
    giving.once('exit', given).once('error', given)
  })
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await removeStale(folder)
  const listening = once(desk, 'listening')
  desk.listen(path)
  await listening
  desk.unref()
  await chmod(path, 0o600)
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(desk, 'close')
      // Removes the file too.
      desk.close()
      await closed
    },
  }
}

/** Gateways that were killed leave theirs behind. */
async function removeStale(folder: string): Promise<void> {
  for (const file of await readdir(folder)) {
    const pid = Number(/^(\d+)\.door$/.exec(file)?.[1])
    if (pid === process.pid || !isRunning(pid)) await rm(join(folder, file), { force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // One of another user is alive too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** The listening socket of the gateway that offers it at `path`. */
export async function takeDoor(path: string): Promise<Server> {
  const asking = connect(path)
  await once(asking, 'connect')
  // The variable is set by a shell because Node would set it to the channel between this process and its child.
  const script = 'NODE_CHANNEL_FD=3 exec "$0" "$@"'
  const child = spawn('/bin/sh', ['-c', script, process.execPath, '-e', passOn], {
    stdio: ['ignore', 'ignore', 'ignore', asking, 'ipc'],
    env: {},
  })
  asking.destroy()
  try {
    return await Promise.race([
      received(child),
      pause(takeMs, undefined, { ref: false }).then(() =>
        Promise.reject(new Error('the gateway that runs did not hand over its socket')),
      ),
    ])
  } finally {
    if (child.connected) child.disconnect()
    child.unref()
  }
}

function received(child: ChildProcess): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<Server>()
  child.once('error', reject)
  child.once('disconnect', () => reject(new Error('the gateway that runs keeps its socket')))
  child.once('message', (_, handle) => {
    if (handle instanceof Server) resolve(handle)
    else if (handle instanceof Socket) handle.destroy()
  })
  return promise
}
