import type { StdioServerConfig } from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Call, Done } from '../../core/call/call.ts'
import type { LogLevel } from '../../core/call/era.ts'
import type { Upstream, UpstreamEvents } from '../../core/routing/upstream.ts'
import type { ByteText } from '../../wire/bytes.ts'
import type { ChildExit } from '../../processes/child-tree.ts'
import { idIn } from '../answer-id.ts'
import { createDialogue } from '../dialogue.ts'
import { createModernWatch, ownRequest } from '../modern-watch.ts'
import { createLegacyWatch } from '../watch.ts'
import type { OpenedChild, StdioUpstreamDeps } from './connect.ts'

/** A program that reads nothing for so long although bytes wait will not begin again. */
const stallLimitMs = 10_000
const backlogLimitBytes = 64 * 1024 * 1024

/** One program that serves all its callers over one pair of pipes. */
export function openStdio(
  { child, channel, greeting }: OpenedChild,
  config: StdioServerConfig,
  deps: StdioUpstreamDeps,
  events: UpstreamEvents,
): Upstream {
  const server = config.name
  const { era } = greeting
  const dialogue = createDialogue({
    server,
    era,
    events: {
      ...events,
      noise(kind) {
        // Nobody is told of it: the program's log is where it can be found.
        if (kind !== 'late' && line) channel.noise(line)
        events.noise(kind)
      },
    },
    read: deps.read,
    cancelByMessage: true,
    transmit: {
      request(_call, _id, payload) {
        channel.write(payload)
        return undefined
      },
      post: (payload) => channel.write(payload),
    },
  })
  /** The one that is being read. */
  let line: Buffer | undefined
  channel.onLine = (received) => {
    line = received
    dialogue.receive(received)
    line = undefined
  }
  channel.onOversize = (head, lengthBytes) => {
    const id = idIn(head)
    const problem = `a line of ${lengthBytes} bytes; the limit is ${deps.limitBytes}`
    if (id !== undefined)
      dialogue.fail(
        id,
        new GatewayError('server_answer_invalid', { server, problem }),
        'maybe_sent',
      )
    events.health(problem)
  }

  function send(call: Call, done: Done): void {
    if (channel.backlogBytes < backlogLimitBytes) return dialogue.send(call, done)
    const error = new GatewayError('server_overloaded', { server, waiting: dialogue.pending })
    done({ kind: 'failure', error, phase: 'not_sent' })
  }

  const request = (method: string, params: ByteText, timeoutMs: number) =>
    dialogue.request(method, era === 'modern' ? ownRequest(params) : params, timeoutMs)

  const watch = era === 'modern' ? modernWatch() : legacyWatch()

  function modernWatch() {
    const listening = createModernWatch({
      greeting,
      server,
      send,
      read: deps.read,
      later: deps.later,
      missed: () => events.missed(),
    })
    listening.start()
    return listening
  }

  function legacyWatch() {
    return createLegacyWatch((method, params) => request(method, params, config.timeoutMs))
  }

  let ending: string | undefined
  void child.silent.then(() => {
    ending = 'it closed its standard output and went on running'
    return child.stop()
  })
  // What it said last is heard before its calls are given up.
  const closed = child.closed.then((exit) => {
    const reason = ending ?? reasonOf(exit)
    dialogue.close(reason)
    return reason
  })

  return {
    greeting,
    pid: child.pid,
    get pending() {
      return dialogue.pending
    },
    closed,
    ailment() {
      const stalledMs = child.stdinStalledMs(performance.now())
      return stalledMs < stallLimitMs
        ? undefined
        : `it has not read its standard input for ${Math.round(stalledMs / 1000)} s`
    },
    send,
    request,
    watch: (uris) => watch.set(uris),
    setLogLevel(level: LogLevel) {
      if (era === 'modern' || !greeting.capabilities.logging) return
      request('logging/setLevel', `{"level":"${level}"}`, config.timeoutMs).catch(() =>
        events.health(`it refused the log level "${level}"`),
      )
    },
    async [Symbol.asyncDispose]() {
      dialogue.close('the gateway stopped it')
      await child.stop()
    },
  }
}

function reasonOf({ code, signal, reason }: ChildExit): string {
  const end = signal ? `it was ended by ${signal}` : `it exited with code ${code}`
  return reason === undefined ? end : `${end}: ${reason}`
}
