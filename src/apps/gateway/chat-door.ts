import { GatewayError } from '../../contract/gateway-error.ts'
import { visibleProfiles, visibleServer } from '../../core/access/visible.ts'
import type { Assistant } from '../../core/chat/assistant.ts'
import type { Gateway } from '../../core/gateway.ts'
import { nearest } from '../../kit/nearest.ts'
import { createChatApi } from '../../surfaces/chat-api/routes.ts'
import type { CheckOptions } from '../../surfaces/chat-api/turn.ts'
import type { Route } from '../../surfaces/door/server.ts'
import type { OpenAssistantOptions } from './assistant.ts'
import type { Running } from './gateway.ts'
import type { Overload } from './overload.ts'

/** The addresses of OpenAI, with everybody who is being answered. */
export interface ChatDoor extends AsyncDisposable {
  readonly route: Route
}

/** How often who waits is shown that the gateway is still there. */
const quietMs = 15_000

export function createChatDoor(running: Running, options: OpenAssistantOptions): ChatDoor {
  const { census, gateway, reloader } = running
  const { depth, tokens, requestBytes } = reloader.loaded.config.limits
  const assistant = whenAsked(running, options)
  const api = createChatApi({
    assistant,
    check: checkFor(gateway, options.overload),
    limits: { depth, tokens, stringBytes: requestBytes },
    bodyLimitBytes: requestBytes,
    now: Date.now,
    quietMs,
    onFault: options.onFault,
  })
  const counted = census.add({ name: 'chat_answers', count: () => api.underway })
  return {
    route: api.route,
    async [Symbol.asyncDispose]() {
      counted[Symbol.dispose]()
      await assistant[Symbol.asyncDispose]()
    },
  }
}

/** What talks with providers is large: it is loaded when somebody wants to talk. */
function whenAsked(running: Running, options: OpenAssistantOptions): Assistant & AsyncDisposable {
  let opening: Promise<Assistant & AsyncDisposable> | undefined
  const open = async () => (await import('./assistant.ts')).openAssistant(running, options)
  async function opened(): Promise<Assistant> {
    try {
      return await (opening ??= open())
    } catch (error) {
      opening = undefined
      throw error
    }
  }
  return {
    models: async (access, signal) => (await opened()).models(access, signal),
    async *converse(request) {
      yield* (await opened()).converse(request)
    },
    async [Symbol.asyncDispose]() {
      await (await opening)?.[Symbol.asyncDispose]()
    },
  }
}

/** What is hidden from somebody is told like what is not there. */
function checkFor(gateway: Gateway, overload: Overload): CheckOptions {
  return (access, { profile, servers = [] }) => {
    const refusal = overload.isOn ? overload.refuse('tools/call') : undefined
    if (refusal) throw refusal
    for (const name of servers) visibleServer(gateway, access, name)
    if (profile === undefined) return
    const known = visibleProfiles(gateway, access)
    if (known.includes(profile)) return
    throw new GatewayError('profile_unknown', { profile, nearest: nearest(profile, known) })
  }
}
