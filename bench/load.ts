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

type Answer = Omit<Response, 'seq'>

async function obey(request: Request): Promise<Answer> {
  switch (request.do) {
    case 'open': {
      const fleet = await openFleet(request.target, request.traffic, driver.onDone)
      fleets.set(request.key, fleet)
      return { opened: { pid: fleet.pid } }
    }
    case 'window': {
      const fleet = fleets.get(request.key)
      if (!fleet) throw new Error(`${request.key} is not open`)
      return { window: await driver.run(fleet, request.plan) }
    }
    case 'streams': {
      const { target, plan } = request
      if (target.kind === 'stdio') throw new Error('no streams on stdio')
      return { streams: await measureStreams(new URL(target.url), target.pid, plan) }
    }
    case 'close':
      await fleets.get(request.key)?.close()
      fleets.delete(request.key)
      return {}
  }
}

async function respond(request: Request): Promise<void> {
  const { seq } = request
  try {
    process.send?.({ seq, ...(await obey(request)) } satisfies Response)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    process.send?.({ seq, error: reason } satisfies Response)
  }
}

process.on('message', (request: Request) => void respond(request))
process.on('disconnect', () => {
  void Promise.all([...fleets.values()].map((fleet) => fleet.close())).then(() => process.exit(0))
})
