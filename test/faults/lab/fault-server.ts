import { parseArgs } from 'node:util'

import { openExecutionLog } from './server/executions.ts'
import { serveHttp } from './server/http.ts'
import { readManners } from './server/manners.ts'
import { serveStdio, silentTurn } from './server/stdio.ts'
import { createWorld } from './server/world.ts'
import { runSteps } from './steps/steps.ts'
import type { Step } from './steps/steps.ts'
import { nowhere } from './server/outlet.ts'

// An MCP server that is told what to do wrong: by each call, by its arguments, or by a file while it runs.
const { values: options } = parseArgs({
  options: {
    transport: { type: 'string', default: 'stdio' },
    port: { type: 'string', default: '0' },
    /** Its first manners, as JSON. */
    manners: { type: 'string', default: '{}' },
    /** The file that decides its manners from now on. */
    control: { type: 'string' },
    /** Its name in the log of executions. */
    name: { type: 'string', default: 'fault' },
    mark: { type: 'string', default: '' },
  },
})

const manners = readManners(options.control, JSON.parse(options.manners))
const world = createWorld({
  manners,
  executions: openExecutionLog(process.env['FAULT_EXECUTIONS'], options.name),
  mark: options.mark,
})
const run = (steps: readonly Step[]): Promise<void> => runSteps(steps, silentTurn(world, nowhere))

if (manners.now().isStubborn === true)
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)
const { onStart } = manners.now()
if (onStart) await run(onStart)
world.join(
  options.transport === 'http' ? serveHttp(world, Number(options.port)) : serveStdio(world),
)
manners.onCommand((steps) => void run(steps))
