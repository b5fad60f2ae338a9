import { setTimeout as sleep } from 'node:timers/promises'

import { processTree, usageOf } from '../process-tree.ts'
import { openEventStream, type EventStream } from './event-stream.ts'
import { openHttpClient, openSession, sessionLines } from './http-session.ts'
import type { StreamPlan, StreamResult } from './protocol.ts'

const settleMs = 1500

/** What idle sessions, and then an idle SSE stream on each of the first ones, cost in memory. */
export async function measureStreams(
  url: URL,
  pid: number,
  plan: StreamPlan,
): Promise<StreamResult> {
  const rss = async (): Promise<number> => {
    await sleep(settleMs)
    return usageOf(processTree(pid)).rssBytes
  }
  const client = await openHttpClient(url)
  const streams: EventStream[] = []
  const sessions: (string | undefined)[] = []
  try {
    // The first sessions warm the code up and are not counted.
    for (let index = 0; index < 200; index++) await openSession(client)
    const rssBeforeBytes = await rss()
    while (sessions.length < plan.sessions) sessions.push(await openSession(client))
    const rssWithSessionsBytes = await rss()
    for (const session of sessions.slice(-plan.streams)) {
      const opened = await openEventStream(url, sessionLines('legacy', session), () => undefined)
      streams.push(opened)
    }
    const rssWithStreamsBytes = await rss()
    return {
      rssBeforeBytes,
      rssWithSessionsBytes,
      rssWithStreamsBytes,
      sessions: sessions.length,
      streams: streams.length,
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const reached = `after ${sessions.length} sessions and ${streams.length} streams`
    throw new Error(`${reason} ${reached}`, { cause: error })
  } finally {
    for (const stream of streams) stream.close()
    client.close()
  }
}
