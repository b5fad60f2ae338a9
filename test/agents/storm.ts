import { runStorm } from './storm/run-storm.ts'

/** `node --expose-gc test/agents/storm.ts [AGENTS] [IDLE SECONDS]` prints what so many agents cost. */
const [count = '10000', idleSeconds = '30'] = process.argv.slice(2)
const figures = await runStorm({ agents: Number(count), idleMs: Number(idleSeconds) * 1000 })
process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
process.exit()
