import type { StdioServerConfig } from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Era } from '../../core/call/era.ts'
import type { ConnectUpstream, Greeting } from '../../core/routing/upstream.ts'
import type { ChildTree } from '../../processes/child-tree.ts'
import { Member } from '../../wire/members.ts'
import type { Message, ReadMessage } from '../../wire/message.ts'
import {
  discoverRequest,
  initializeParams,
  parseDiscover,
  parseInitialize,
  refuseUnknownModern,
} from '../greeting.ts'
import type { LineChannel } from './channel.ts'
import { openChannel } from './channel.ts'
import { openStdio } from './upstream.ts'

export interface StdioUpstreamDeps {
  readonly spawn: (config: StdioServerConfig) => Promise<ChildTree>
  readonly read: ReadMessage
  readonly limitBytes: number
  readonly later: (ms: number, work: () => void) => void
  readonly knownEra: Era | undefined
}

/** How a shell ends that cannot run a program, or does not find it. */
const unrunnable = new Set([126, 127])

/** So long the end of a program's output is waited for when the program itself is gone. */
const lastWordsMs = 250

/** A server that says nothing to a modern question this long is asked in the legacy way as well. */
const silenceMs = 1500

/** Starts the program and finds out which era it speaks; whatever fails, nothing is left running. */
export function connectStdio(config: StdioServerConfig, deps: StdioUpstreamDeps): ConnectUpstream {
  return async (events, signal) => {
    const first = await begin(config, deps, deps.knownEra ?? 'unknown', signal)
    // The second attempt knows the era, so its own verdict is the last.
    const opened = typeof first === 'string' ? await begin(config, deps, first, signal) : first
    if (typeof opened === 'string') throw unreachable(config, 'it ended during the handshake')
    return openStdio(opened, config, deps, events)
  }
}

export interface OpenedChild {
  readonly child: ChildTree
  readonly channel: LineChannel
  readonly greeting: Greeting
}

/**
 * The era to ask a fresh program in instead: the legacy one when it ended after a modern question, as some do;
 * the modern one when it spoke up so late that it had been asked both ways, which may have confused it.
 */
async function begin(
  config: StdioServerConfig,
  deps: StdioUpstreamDeps,
  era: Era | 'unknown',
  signal: AbortSignal,
): Promise<OpenedChild | Era> {
  await using undo = new AsyncDisposableStack()
  const child = undo.use(await deps.spawn(config))
  const channel = openChannel(child, deps.limitBytes)
  const greeting = await Promise.race([
    greet(config, deps, channel, era),
    child.exited,
    expiry(config, signal, child),
  ])
  if ('code' in greeting) {
    const isLasting = greeting.code !== null && unrunnable.has(greeting.code)
    if (era !== 'legacy' && !isLasting) return 'legacy'
    // What it printed last may still be in the pipe, and something it started may hold that open.
    const patience = new Promise<void>((resolve) => deps.later(lastWordsMs, resolve))
    await Promise.race([child.closed, patience])
    const reason = `it ended during the handshake${lastWords(child)}`
    throw unreachable(config, reason, isLasting && { isLasting })
  }
  if (greeting.era === 'modern' && greeting.wasAskedBoth) return 'modern'
  undo.move()
  return { child, channel, greeting }
}

async function expiry(
  config: StdioServerConfig,
  signal: AbortSignal,
  child: ChildTree,
): Promise<never> {
  const { startTimeoutMs } = config
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () =>
      reject(
        unreachable(
          config,
          `no answer to the handshake within ${startTimeoutMs} ms${lastWords(child)}`,
        ),
      ),
    startTimeoutMs,
  )
  const stop = () => reject(unreachable(config, 'the gateway stopped waiting for it'))
  signal.addEventListener('abort', stop, { once: true })
  // The end may have been asked for while the program was being started.
  if (signal.aborted) stop()
  void child.exited.then(() => clearTimeout(timer))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

/** Asks the modern way first unless the era is known; the first answer that makes sense decides. */
export function greet(
  config: Pick<StdioServerConfig, 'name'>,
  deps: Pick<StdioUpstreamDeps, 'read' | 'later'>,
  channel: Pick<LineChannel, 'onLine' | 'noise' | 'write'>,
  era: Era | 'unknown',
): Promise<Greeting & { readonly wasAskedBoth: boolean }> {
  const { promise, resolve, reject } = Promise.withResolvers<
    Greeting & { readonly wasAskedBoth: boolean }
  >()
  const discoverId = 1
  const initializeId = 2
  let isAskedLegacy = false
  // Once that is found out, or has failed, nothing more is asked.
  void Promise.allSettled([promise]).then(() => (isAskedLegacy = true))

  function askLegacy(): void {
    if (isAskedLegacy) return
    isAskedLegacy = true
    channel.write(
      `{"jsonrpc":"2.0","id":${initializeId},"method":"initialize","params":${initializeParams()}}`,
    )
  }

  channel.onLine = (line) => {
    const message = readQuietly(deps.read, line)
    if (!message) channel.noise(line)
    if (message?.kind === 'request' && message.method === 'ping') {
      channel.write(`{"jsonrpc":"2.0","id":${message.raw(Member.id) ?? 'null'},"result":{}}`)
    }
    if (message?.kind !== 'response') return
    const id = message.raw(Member.id)
    if (id === String(initializeId)) {
      try {
        const greeting = parseInitialize(config.name, message)
        channel.write('{"jsonrpc":"2.0","method":"notifications/initialized"}')
        resolve({ ...greeting, wasAskedBoth: era !== 'legacy' })
      } catch (error) {
        reject(error)
      }
      return
    }
    try {
      refuseUnknownModern(config.name, message)
      const greeting = message.isError ? undefined : parseDiscover(config.name, message)
      if (greeting) resolve({ ...greeting, wasAskedBoth: isAskedLegacy })
      else askLegacy()
    } catch (error) {
      reject(error)
    }
  }
  if (era === 'legacy') askLegacy()
  else {
    channel.write(discoverRequest(discoverId))
    // Where the era is known, silence only means that the program is slow to start.
    if (era === 'unknown') deps.later(silenceMs, askLegacy)
  }
  return promise
}

function readQuietly(read: ReadMessage, line: Buffer): Message | undefined {
  try {
    return read(line)
  } catch {
    // Not protocol: programs print banners before they speak.
    return undefined
  }
}

function unreachable(
  { name }: StdioServerConfig,
  reason: string,
  more: { readonly isLasting: true } | false = false,
): GatewayError {
  return new GatewayError('server_unreachable', { server: name, reason, ...more })
}

/** What the program printed last, for the person who has to find out why. */
function lastWords(child: ChildTree): string {
  const lines = child.stderrTail(3)
  return lines.length > 0 ? `: ${lines.join(' | ').slice(0, 400)}` : ''
}
