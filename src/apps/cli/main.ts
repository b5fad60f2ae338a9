#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { text } from 'node:stream/consumers'
import type { WriteStream } from 'node:tty'

import type { Output, Shell } from './shell.ts'

const exitInterrupted = 130
const interruption = new AbortController()
let outlivesReaders = false

// A reader that has seen enough (`gantry tools | head`) is no failure.
process.stdout.on('error', endOfReader)
process.stderr.on('error', endOfReader)
process.exitCode = await main()
await Promise.all([flushed(process.stdout), flushed(process.stderr)])
process.exit()

async function main(): Promise<number> {
  const argv = process.argv.slice(2)
  const version = readVersion()
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.write(`${version}\n`)
    return 0
  }
  const wantsColor = !argv.includes('--no-color') && !process.env['NO_COLOR']
  const shell = createShell(argv, version)
  try {
    const { readCommandLine } = await import('./program.ts')
    const invocation = await readCommandLine(shell)
    if (!invocation) return 0
    const { options, run } = invocation
    return await run({ shell, options: { ...options, color: wantsColor } })
  } catch (cause) {
    if (interruption.signal.aborted) return exitInterrupted
    const { printFailure } = await import('./print/failure.ts')
    const style = {
      color: wantsColor && process.stderr.isTTY,
      debug: Boolean(process.env['GANTRY_DEBUG']),
    }
    const failure = printFailure(cause, style)
    shell.stderr.write(failure.text)
    return failure.exit
  }
}

function createShell(argv: readonly string[], version: string): Shell {
  return {
    argv,
    env: process.env,
    cwd: process.cwd(),
    home: homedir(),
    execPath: process.execPath,
    version,
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    interrupted,
    outliveReaders() {
      outlivesReaders = true
    },
    readStdin: () => text(process.stdin),
    askLine: process.stdin.isTTY && process.stderr.isTTY ? askLine : undefined,
  }
}

async function askLine(question: string): Promise<string | undefined> {
  const { createInterface } = await import('node:readline/promises')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  const left = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)))
  // On a terminal that is read from, Ctrl-C arrives here and not as a signal.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const signal = interrupted()
  const leave = () => lines.close()
  signal.addEventListener('abort', leave, { once: true })
  try {
    return await Promise.race([lines.question(question), left])
  } finally {
    signal.removeEventListener('abort', leave)
    lines.close()
  }
}

function outputOf(stream: WriteStream): Output {
  return {
    isTerminal: stream.isTTY,
    columns: stream.columns || 80,
    write: (written) => void stream.write(written),
  }
}

/** The first interrupt asks for an orderly end, the second does not wait for it. */
function interrupted(): AbortSignal {
  if (process.listenerCount('SIGINT') === 0) {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (interruption.signal.aborted) process.exit(exitInterrupted)
        interruption.abort()
      })
    }
  }
  return interruption.signal
}

function readVersion(): string {
  const file = new URL('../../../package.json', import.meta.url)
  const { version }: { version?: unknown } = JSON.parse(readFileSync(file, 'utf8'))
  return typeof version === 'string' ? version : 'unknown'
}

function endOfReader(cause: NodeJS.ErrnoException): void {
  if (cause.code !== 'EPIPE') throw cause
  if (!outlivesReaders) process.exit()
}

function flushed(stream: WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve())
  })
}
