// How much later the first piece of an answer comes through `gantry llm` than from the program itself:
//   node test/llm/programs/first-piece.ts [ROUNDS]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

import { createEventReader } from '../../../src/runner/events/create-reader.ts'
import { bareEnvironment } from '../../kit/bare-environment.ts'
import { openPrograms } from './bed.ts'
import { gemini } from './settings.ts'

/** How long after asking the first piece came, and how long after it was written or sent. */
interface Times {
  readonly askedMs: number
  readonly sentMs: number
}

const rounds = Number(process.argv[2] ?? 10)
/** A program that answers with when it does. */
const clock = `process.stdin.resume().on('end', () => {
  process.stdout.write(String(Date.now()))
  setTimeout(() => {}, 50)
})`

await using bed = await openPrograms((url) => ({
  ...gemini(url),
  others: { clock: { command: [process.execPath, '-e', clock] } },
}))
let sentAt = 0
bed.provider.script('fake-model', {
  text: ['one', ' two'],
  beforePiece: async (index) => {
    if (index === 0) sentAt = Date.now()
  },
})
const direct = {
  clock: { words: [process.execPath, '-e', clock], events: 'text' },
  gemini: {
    words: [join(bed.folder, 'bin/gemini'), '-o', 'stream-json', '-m', 'fake-model'],
    events: 'gemini',
  },
} as const
const home = join(bed.folder, 'home')
const env = {
  ...bareEnvironment(home),
  ...gemini(bed.provider.url).env,
  GEMINI_CLI_NO_RELAUNCH: 'true',
  GEMINI_CLI_TRUST_WORKSPACE: 'true',
}

for (const name of ['clock', 'gemini'] as const) {
  const times: { readonly itself: Times; readonly through: Times }[] = []
  for (let round = 0; round <= rounds; round += 1) {
    times.push({ itself: await runItself(name), through: await runThrough(name) })
  }
  // The first round finds nothing in any cache.
  const [, ...warm] = times
  process.stdout.write(`${rowOf(name, warm)}\n`)
}

async function runItself(name: keyof typeof direct): Promise<Times> {
  const { words, events } = direct[name]
  const [command, ...args] = words
  const askedAt = Date.now()
  const child = spawn(command, args, { cwd: home, env, stdio: ['pipe', 'pipe', 'ignore'] })
  const gone = once(child, 'exit')
  const reader = createEventReader(events, Date.now)
  const first = new Promise<Times>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      for (const event of reader.push(chunk)) {
        if (event.kind === 'delta') resolve(timesOf(askedAt, event.text))
      }
    })
  })
  child.stdin.end('hello')
  const times = await first
  await gone
  return times
}

async function runThrough(name: string): Promise<Times> {
  const askedAt = Date.now()
  let first: Times | undefined
  await bed.client.callTool(
    { name: 'stream_llm', arguments: { model: name, prompt: 'hello' } },
    { onprogress: ({ message = '' }) => void (first ??= timesOf(askedAt, message)) },
  )
  if (!first) throw new Error(`${name} said nothing`)
  return first
}

function timesOf(askedAt: number, piece: string): Times {
  const now = Date.now()
  return { askedMs: now - askedAt, sentMs: now - (Number(piece) || sentAt) }
}

function rowOf(
  name: string,
  times: readonly { readonly itself: Times; readonly through: Times }[],
): string {
  const cells = (['askedMs', 'sentMs'] as const).flatMap((key) => {
    const itself = median(times.map((one) => one.itself[key]))
    const through = median(times.map((one) => one.through[key]))
    return [`${itself} ms`, `${through} ms`, (through / Math.max(1, itself)).toFixed(2)]
  })
  return `| ${[name, ...cells].join(' | ')} |`
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
}
