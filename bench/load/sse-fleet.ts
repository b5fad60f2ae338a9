import { setTimeout as sleep } from 'node:timers/promises'

import { openEventStream, type EventStream } from './event-stream.ts'
import type { Fleet } from './fleet.ts'
import { connectHttp, type HttpConnection } from './http-connection.ts'
import { openHttpClient, postHead, toolIn } from './http-session.ts'
import { createTemplate, initializeRequest, type Template } from './request.ts'
import type { FleetOptions } from './streamable-fleet.ts'

interface Lane {
  readonly stream: EventStream
  readonly postUrl: URL
  readonly template: Template
  connection: HttpConnection | undefined
  id: number
  /** A call is over when its POST is accepted and its reply has come on the stream. */
  isAccepted: boolean
  isAnswered: boolean
}

const setUpMs = 20_000

/** Connections to the old HTTP+SSE transport: one stream and one POST connection each. */
export async function openSseFleet(options: FleetOptions): Promise<Fleet> {
  const { pid, traffic, verify, onDone } = options
  const lanes: Lane[] = []

  const settle = (index: number, failure: string | undefined): void => {
    const lane = lanes[index]
    if (!lane || lane.id === 0) return
    if (failure === undefined && !(lane.isAccepted && lane.isAnswered)) return
    lane.id = 0
    onDone(index, failure)
  }
  const onMessage = (index: number, message: Buffer): void => {
    const lane = lanes[index]
    if (!lane || lane.id === 0) return
    lane.isAnswered = true
    settle(index, verify(message, lane.id, lane.template))
  }
  await untilServing(options.url)
  for (let index = 0; index < traffic.connections; index++) {
    lanes.push(await openLane(options, (message) => onMessage(index, message)))
  }

  const connectLane = async (lane: Lane, index: number): Promise<void> => {
    lane.connection = await connectHttp(lane.postUrl, {
      onReply({ status, body }) {
        lane.isAccepted = true
        const isFine = status >= 200 && status < 300
        settle(index, isFine ? undefined : `HTTP ${status} ${body.toString('latin1', 0, 200)}`)
      },
      onFault: (reason) => settle(index, reason),
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
      lane.isAccepted = lane.isAnswered = false
      lane.template.patch(id)
      lane.connection.write(lane.template.bytes)
    },
    rest() {
      for (const lane of lanes) lane.connection?.close()
    },
    async close() {
      for (const lane of lanes) lane.stream.close()
    },
  }
}

/** Some listen before they serve. */
async function untilServing(url: URL): Promise<void> {
  const deadline = performance.now() + setUpMs
  for (;;) {
    try {
      const stream = await openEventStream(url, '', () => undefined)
      return stream.close()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await sleep(100)
    }
  }
}

async function openLane(
  { url, traffic }: FleetOptions,
  onMessage: (message: Buffer) => void,
): Promise<Lane> {
  const inbox = openInbox()
  const endpoint = inbox.next()
  const stream = await openEventStream(url, '', ({ name, data }) => {
    if (!isAnswer(data, name)) return
    if (!inbox.give(data)) onMessage(data)
  })
  try {
    const postUrl = new URL((await endpoint).toString('utf8'), url)
    const tool = await openSessionOnStream(postUrl, inbox, traffic.tool)
    const frame = (body: string): string => postHead(postUrl, body.length, '') + body
    return {
      stream,
      postUrl,
      template: createTemplate(traffic, tool, frame),
      connection: undefined,
      id: 0,
      isAccepted: false,
      isAnswered: false,
    }
  } catch (error) {
    stream.close()
    throw error
  }
}

/** The address to post to, or a message with an id; notifications and comments are passed over. */
function isAnswer(data: Buffer, name: string): boolean {
  return name === 'endpoint' || (name === 'message' && data.includes('"id":'))
}

/** Events that set-up waits for; those that nobody waits for are answers to calls. */
interface Inbox {
  next(): Promise<Buffer>
  give(data: Buffer): boolean
}

function openInbox(): Inbox {
  const waiting: ((data: Buffer) => void)[] = []
  return {
    next() {
      const event = new Promise<Buffer>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('no event on the stream')), setUpMs)
        waiting.push((data) => {
          clearTimeout(timer)
          resolve(Buffer.from(data))
        })
      })
      // Whoever asked may have failed elsewhere before this one runs out of time.
      event.catch(() => undefined)
      return event
    },
    give(data) {
      const waiter = waiting.shift()
      waiter?.(data)
      return waiter !== undefined
    },
  }
}

/** The handshake over the stream; gives the name of the tool to call. */
async function openSessionOnStream(
  postUrl: URL,
  inbox: Inbox,
  wanted: string | undefined,
): Promise<string> {
  const client = await openHttpClient(postUrl)
  const ask = async (message: object): Promise<Buffer> => {
    const answer = inbox.next()
    await client.post(message, '')
    return answer
  }
  try {
    await ask(initializeRequest)
    await client.post({ jsonrpc: '2.0', method: 'notifications/initialized' }, '')
    const deadline = performance.now() + setUpMs
    while (performance.now() < deadline) {
      const list = await ask({ jsonrpc: '2.0', id: 2, method: 'tools/list', params: {} })
      const tool = toolIn(list, wanted)
      if (tool !== undefined) return tool
      await sleep(100)
    }
    throw new Error(`no tool ${wanted ?? '…echo'}`)
  } finally {
    client.close()
  }
}
