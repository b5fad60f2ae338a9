import { connectHttp, messageOf, type HttpConnection } from './http-connection.ts'
import type { Fleet, OnDone } from './fleet.ts'
import { findTool, methodLines, openHttpClient, openSession } from './http-session.ts'
import { postHead, sessionLines } from './http-session.ts'
import type { Traffic } from './protocol.ts'
import { createTemplate, type Template } from './request.ts'
import type { Verify } from './verify.ts'

interface Lane {
  readonly template: Template
  connection: HttpConnection | undefined
  /** The id in flight, or 0. */
  id: number
}

export interface FleetOptions {
  readonly url: URL
  readonly pid: number
  readonly traffic: Traffic
  readonly verify: Verify
  readonly onDone: OnDone
}

/** Connections to a Streamable HTTP door, each with its own session unless told otherwise. */
export async function openStreamableFleet(options: FleetOptions): Promise<Fleet> {
  const { url, pid, traffic, verify, onDone } = options
  const lanes = await openLanes(url, traffic)

  const connectLane = async (lane: Lane, index: number): Promise<void> => {
    const settle = (failure: string | undefined): void => {
      if (lane.id === 0) return
      lane.id = 0
      onDone(index, failure)
    }
    lane.connection = await connectHttp(url, {
      onReply(reply) {
        const message = messageOf(reply)
        if (reply.status !== 200) {
          settle(`HTTP ${reply.status} ${message.toString('latin1', 0, 200)}`)
        } else settle(verify(message, lane.id, lane.template))
      },
      onFault: settle,
    })
  }

  return {
    pid,
    lanes: lanes.length,
    connect: async () => void (await Promise.all(lanes.map(connectLane))),
    send(index, id) {
      const lane = lanes[index]
      if (!lane?.connection) throw new Error(`lane ${index} is not connected`)
      lane.id = id
      lane.template.patch(id)
      lane.connection.write(lane.template.bytes)
    },
    rest() {
      for (const lane of lanes) {
        lane.connection?.close()
        lane.connection = undefined
      }
    },
    close: async () => undefined,
  }
}

async function openLanes(url: URL, traffic: Traffic): Promise<readonly Lane[]> {
  const client = await openHttpClient(url)
  try {
    const count = traffic.era === 'modern' ? 1 : (traffic.sessions ?? traffic.connections)
    const sessions: (string | undefined)[] = []
    for (let index = 0; index < count; index++) {
      sessions.push(traffic.era === 'modern' ? undefined : await openSession(client))
    }
    const tool = await findTool(client, traffic, sessions[0])
    return Array.from({ length: traffic.connections }, (_, index) => {
      const extra =
        sessionLines(traffic.era, sessions[index % count]) +
        methodLines(traffic.era, traffic.method, traffic.method === 'tools/call' ? tool : '')
      const frame = (body: string): string => postHead(url, body.length, extra) + body
      return { template: createTemplate(traffic, tool, frame), connection: undefined, id: 0 }
    })
  } finally {
    client.close()
  }
}
