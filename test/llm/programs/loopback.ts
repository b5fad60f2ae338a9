#!/usr/bin/env node
// Runs a program where there is no network but a loopback of its own, on which one port leads to a socket of a file.
//   loopback.ts SOCKET PORT COMMAND ARG…
import { execFileSync, spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'

const [socket = '', port = '', command = '', ...args] = process.argv.slice(2)

execFileSync('ip', ['link', 'set', 'lo', 'up'])
const server = createServer((inner) => {
  const outer = connect(socket)
  inner.pipe(outer).pipe(inner)
  // Either side may break; the other one has to hear of it.
  inner.on('error', () => outer.destroy()).on('close', () => outer.destroy())
  outer.on('error', () => inner.destroy()).on('close', () => inner.destroy())
})
server.listen(Number(port), '127.0.0.1', () => {
  const child = spawn(command, args, { stdio: 'inherit' })
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('exit', (code) => process.exit(code ?? 1))
})
