import { createDriver } from './load/drive.ts'
import type { Fleet, OnDone } from './load/fleet.ts'
import type { Request, Response, Target, Traffic } from './load/protocol.ts'
import { openSseFleet } from './load/sse-fleet.ts'
import { openStdioFleet } from './load/stdio-fleet.ts'
import { measureStreams } from './load/streams.ts'
import { openStreamableFleet } from './load/streamable-fleet.ts'
import { createListVerify, verifyEcho } from './load/verify.ts'

/** The load generator: a process of its own that does what the runner says over IPC. */

const listedTools = 1000
const fleets = new Map<string, Fleet>()
const driver = createDriver()

function openFleet(target: Target, traffic: Traffic, onDone: OnDone): Promise<Fleet> {
  const verify = traffic.method === 'tools/call' ? verifyEcho : createListVerify(listedTools)
  if (target.kind === 'stdio') {
    return openStdioFleet({ argv: target.argv, env: target.env, traffic, verify, onDone })
  }
  const options = { url: new URL(target.url), pid: target.pid, traffic, verify, onDone }
  return target.kind === 'sse' ? openSseFleet(options) : openStreamableFleet(options)
}

async function obey(request: Request): Promise<unknown> {
  switch (request.do) {
    case 'open': {
      const fleet = await openFleet(request.target, request.traffic, driver.onDone)
      fleets.set(request.key, fleet)
      return { pid: fleet.pid }
    }
    case 'window': {
      const fleet = fleets.get(request.key)
      if (!fleet) throw new Error(`${request.key} is not open`)
      return driver.run(fleet, request.plan)
    }
    case 'streams': {
      if (request.target.kind === 'stdio') throw new Error('no streams on stdio')
      return measureStreams(new URL(request.target.url), request.target.pid, request.plan)
    }
    case 'close':
      await fleets.get(request.key)?.close()
      fleets.delete(request.key)
      return { closed: true }
  }
}

function respond(response: Response): void {
  process.send?.(response)
}

process.on('message', (request: Request) => {
  obey(request).then(
    (value) => respond({ seq: request.seq, value }),
    (error: unknown) =>
      respond({ seq: request.seq, error: error instanceof Error ? error.message : String(error) }),
  )
})
process.on('disconnect', () => {
  void Promise.all([...fleets.values()].map((fleet) => fleet.close())).then(() => process.exit(0))
})
