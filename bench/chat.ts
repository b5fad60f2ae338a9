/** What the chat endpoint costs beside asking the provider itself: `node bench/chat.ts`. */
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import path from 'node:path'

import { processTree, usageOf } from './process-tree.ts'
import { freePort, openChildren, untilListening } from './runner/children.ts'
import { startGantry } from './subjects/gantry.ts'

interface Case {
  readonly name: string
  readonly pauseMs: number
  readonly words: number
  /** How many streams are open at once. */
  readonly atOnce: number
  readonly rounds: number
}

const cases: readonly Case[] = [
  {
    name: 'one stream, 50 words, 20 ms between two',
    pauseMs: 20,
    words: 50,
    atOnce: 1,
    rounds: 10,
  },
  {
    name: 'one stream, 200 words, as fast as it goes',
    pauseMs: 0,
    words: 200,
    atOnce: 1,
    rounds: 40,
  },
  {
    name: '20 streams, 500 words, as fast as it goes',
    pauseMs: 0,
    words: 500,
    atOnce: 20,
    rounds: 8,
  },
  {
    name: '100 streams, 100 words, 20 ms between two',
    pauseMs: 20,
    words: 100,
    atOnce: 100,
    rounds: 3,
  },
]

interface Place {
  readonly name: 'direct' | 'gantry'
  readonly port: number
  readonly prefix: string
  readonly pids: () => readonly number[]
}

interface Round {
  readonly firstMs: number
  readonly totalMs: number
  readonly cpuUs: number
  readonly chunks: number
}

const agent = new Agent({ keepAlive: true, maxSockets: 200 })

/** One answer, read to its end. */
function stream({ port, prefix }: Place, model: string): Promise<Omit<Round, 'cpuUs'>> {
  const body = JSON.stringify({
    model: `${prefix}${model}`,
    messages: [{ role: 'user', content: 'Speak' }],
    stream: true,
  })
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const options = { port, host: '127.0.0.1', path: '/v1/chat/completions', method: 'POST' }
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const sent = request({ ...options, headers, agent }, (response) => {
      let [text, firstMs, chunks] = ['', 0, 0]
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
        const events = text.split('\n\n')
        text = events.pop() ?? ''
        for (const event of events) {
          if (!event.includes('"content":" word')) continue
          chunks++
          if (firstMs === 0) firstMs = performance.now() - began
        }
      })
      response.on('end', () => resolve({ firstMs, totalMs: performance.now() - began, chunks }))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

async function runRound(place: Place, { pauseMs, words, atOnce }: Case): Promise<Round> {
  const before = usageOf(place.pids()).cpuUs
  const model = `words-${pauseMs}-${words}`
  const all = await Promise.all(Array.from({ length: atOnce }, () => stream(place, model)))
  const chunks = all.reduce((sum, one) => sum + one.chunks, 0)
  if (chunks !== words * atOnce) throw new Error(`${place.name}: ${chunks} words came`)
  return {
    firstMs: median(all.map((one) => one.firstMs)),
    totalMs: median(all.map((one) => one.totalMs)),
    cpuUs: usageOf(place.pids()).cpuUs - before,
    chunks,
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

/** Both are asked in turn, so that whatever else the machine does hits both. */
async function measure(places: readonly Place[], one: Case): Promise<string> {
  const rounds = new Map(places.map(({ name }) => [name, new Array<Round>()]))
  for (let index = -2; index < one.rounds; index++) {
    for (const place of places) {
      const round = await runRound(place, one)
      if (index >= 0) rounds.get(place.name)?.push(round)
    }
  }
  const figure = (name: Place['name'], key: keyof Round): number =>
    median((rounds.get(name) ?? []).map((round) => round[key]))
  const cells = (['firstMs', 'totalMs'] as const).map((key) => {
    const [direct, through] = [figure('direct', key), figure('gantry', key)]
    return `${direct.toFixed(1)} / ${through.toFixed(1)} ms | ${(through / direct).toFixed(2)} x`
  })
  const gantry = rounds.get('gantry') ?? []
  const sum = (key: keyof Round): number => gantry.reduce((total, round) => total + round[key], 0)
  const perChunk = sum('cpuUs') / sum('chunks')
  return `| ${one.name} | ${cells.join(' | ')} | ${perChunk.toFixed(0)} us |`
}

await using children = openChildren()
const { tempDir } = children
const [providerPort, gantryPort] = [await freePort(), await freePort()]
const script = path.join(import.meta.dirname, 'chat-provider.ts')
const provider = children.start([process.execPath, script, String(providerPort)], { role: 'rest' })
await untilListening(providerPort, provider)
const file = path.join(tempDir, 'gantry.json')
const bench = { baseUrl: `http://127.0.0.1:${providerPort}/v1`, apiKey: 'none', allowPrivate: true }
writeFileSync(file, JSON.stringify({ servers: {}, chat: { providers: { bench } } }))
const { pid } = await startGantry(children, { file, port: gantryPort, env: {} })
const places: readonly Place[] = [
  { name: 'direct', port: providerPort, prefix: '', pids: () => [] },
  { name: 'gantry', port: gantryPort, prefix: 'bench/', pids: () => processTree(pid ?? 0) },
]
console.log(
  '| case | first word, direct / gantry | ratio | whole answer | ratio | CPU of gantry a word |',
)
console.log('| --- | --- | --- | --- | --- | --- |')
for (const one of cases) console.log(await measure(places, one))
agent.destroy()
