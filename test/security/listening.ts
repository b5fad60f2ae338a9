import { setTimeout as pause } from 'node:timers/promises'
import { askLegacy, bearer, openSession } from '../access/people.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { envelope } from './envelope.ts'

/** Somebody who follows what changes, in one of the eras. */
export interface Listening extends AsyncDisposable {
  readonly follow: (uri: string) => Promise<void>
  /** Does it again and again until it is heard. */
  readonly until: (cause: () => void) => Promise<void>
  /** Each kind of message that was heard, once. */
  readonly heard: () => readonly string[]
}

export async function openListening(
  gateway: RunningGateway,
  key: string,
  era: 'modern' | 'legacy',
): Promise<Listening> {
  const leaving = new AbortController()
  const session = era === 'legacy' ? await openSession(gateway, key) : ''
  const streams: Promise<void>[] = []
  let text = ''

  async function read(response: Response): Promise<void> {
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true })
  }
  async function open(init: RequestInit): Promise<void> {
    const response = await fetch(gateway.url, { ...init, signal: leaving.signal })
    // It is left in the middle.
    streams.push(read(response).catch(() => undefined))
  }
  if (era === 'legacy') await open({ headers: { ...stream(key), 'mcp-session-id': session } })

  return {
    async follow(uri) {
      if (era === 'modern') return open(listenTo(uri, key))
      await askLegacy(gateway, key, { method: 'resources/subscribe', params: { uri }, session })
    },
    async until(cause) {
      for (let turn = 0; turn < 150 && !text.includes('resources/updated'); turn++) {
        cause()
        await pause(100)
      }
    },
    heard: () => [...new Set([...text.matchAll(/^data: (?<said>.+)$/gm)].map(([said]) => said))],
    async [Symbol.asyncDispose]() {
      leaving.abort()
      await Promise.all(streams)
    },
  }
}

const stream = (key: string) => ({ ...bearer(key), accept: 'text/event-stream' })

function listenTo(uri: string, key: string): RequestInit {
  const notifications = {
    resourceSubscriptions: [uri],
    toolsListChanged: true,
    promptsListChanged: true,
  }
  return {
    method: 'POST',
    headers: {
      ...bearer(key),
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'subscriptions/listen',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: uri,
      method: 'subscriptions/listen',
      params: { notifications, _meta: envelope },
    }),
  }
}
