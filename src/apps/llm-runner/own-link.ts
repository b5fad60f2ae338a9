import { isRecord } from '../../kit/is-record.ts'
import { ownCaller } from './caller.ts'
import type { LlmOptions } from './compose.ts'
import { composeRunner } from './compose.ts'
import { serveInside } from './inside.ts'

export interface OwnLinkOptions extends LlmOptions {
  readonly version: string
}

export interface OwnRequestOptions {
  readonly signal?: AbortSignal
  readonly onNotification?: (method: string, params: unknown) => void
}

/** A runner of this process, asked as a client of its server would. */
export async function openOwnLink(options: OwnLinkOptions) {
  const { version, warn } = options
  await using undo = new AsyncDisposableStack()
  const runner = undo.use(await composeRunner(options))
  const waiting = new Map<number, Waiting>()
  const inside = serveInside(runner, {
    version,
    warn,
    callerOf: () => ownCaller,
    hear: (text) => take(JSON.parse(text), waiting),
  })
  undo.defer(() => inside.close())
  const cleanup = undo.move()
  let lastId = 0
  return {
    async request(method: string, paramsJson: string, asked: OwnRequestOptions = {}) {
      const id = (lastId += 1)
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      waiting.set(id, { resolve, reject, told: asked.onNotification })
      const leave = () => inside.receive(cancellation(id))
      asked.signal?.addEventListener('abort', leave, { once: true })
      inside.receive(requestText({ id, method, paramsJson, version }))
      return promise.finally(() => asked.signal?.removeEventListener('abort', leave))
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  }
}

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  readonly told: OwnRequestOptions['onNotification']
}

function take(message: unknown, waiting: Map<number, Waiting>): void {
  if (!isRecord(message)) return
  const { id, method, params, result, error } = message
  if (typeof method === 'string') {
    for (const { told } of waiting.values()) told?.(method, params)
    return
  }
  const one = waiting.get(Number(id))
  waiting.delete(Number(id))
  if (isRecord(error)) one?.reject(new Error(String(error['message'])))
  else one?.resolve(result)
}

const prefix = 'io.modelcontextprotocol'

interface RequestText {
  readonly id: number
  readonly method: string
  readonly paramsJson: string
  readonly version: string
}

function requestText({ id, method, paramsJson, version }: RequestText): string {
  const given: unknown = JSON.parse(paramsJson)
  const meta = {
    [`${prefix}/protocolVersion`]: '2026-07-28',
    [`${prefix}/clientInfo`]: { name: 'gantry-cli', version },
    [`${prefix}/clientCapabilities`]: {},
    progressToken: id,
  }
  const params = { ...(isRecord(given) ? given : {}), _meta: meta }
  return JSON.stringify({ jsonrpc: '2.0', id, method, params })
}

function cancellation(requestId: number): string {
  const params = { requestId, reason: 'it was interrupted' }
  return JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params })
}
