import { GatewayError } from '../../contract/gateway-error.ts'
import type { ByteText } from '../../wire/bytes.ts'
import { toJson } from '../../wire/bytes.ts'
import { Member, metaKeys } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import { partNamed } from '../../wire/walk.ts'
import type { Gateway } from '../gateway.ts'
import type { Listener } from '../routing/interests.ts'
import type { ListKind } from '../routing/upstream.ts'
import type { Exchange, Scope } from './exchange.ts'
import { capabilitiesOf, identity, isShown } from './offer.ts'

interface Filter {
  readonly toolsListChanged?: boolean
  readonly promptsListChanged?: boolean
  readonly resourcesListChanged?: boolean
  readonly resourceSubscriptions?: readonly string[]
}

/** Keeps a stream of changes open until the client leaves or the gateway ends it. */
export function openListen(gateway: Gateway, scope: Scope, message: Message, exchange: Exchange) {
  const id = message.raw(Member.id) ?? 'null'
  const { connections, sessions } = gateway.config.limits
  const limit = connections + sessions
  if (gateway.interests.size >= limit) {
    throw new GatewayError('params_invalid', { problem: `more than ${limit} streams are open` })
  }
  const { honoured, follows } = honour(gateway, scope, requested(message))
  const granted = `"notifications":${toJson(honoured)}`
  const subscription = `"_meta":{"${metaKeys.subscriptionId}":${id}}`

  const listener: Listener = {
    hears: (server) => isShown(gateway, scope, server),
    follows,
    listsChanged(kinds) {
      for (const method of changesTold(kinds, honoured)) tell(notification(method, subscription))
    },
    resourceUpdated(server, uri) {
      const shown = toJson(gateway.view(scope).shownUri(server, uri))
      tell(notification('resources/updated', `"uri":${shown},${subscription}`))
    },
  }

  // What the client hears first is that its stream stands: until then changes wait.
  let early: ByteText[] | undefined = []
  function tell(text: ByteText): void {
    if (early) early.push(text)
    else exchange.notify(text)
  }
  function acknowledge(): void {
    const held = early ?? []
    early = undefined
    exchange.notify(notification('subscriptions/acknowledged', `${granted},${subscription}`))
    for (const one of held) exchange.notify(one)
  }

  if (Object.keys(honoured).length === 0) {
    acknowledge()
    exchange.answer(ended(gateway, scope, id))
    return undefined
  }
  let isOpen = true
  gateway.interests.add(listener)
  const settling = follows.size > 0 ? gateway.interests.settling : undefined
  if (settling) void settling.then(() => isOpen && acknowledge())
  else acknowledge()
  return {
    /** The client left, or the gateway is shutting down: then it hears a proper end. */
    cancel(error: GatewayError) {
      if (!isOpen) return
      isOpen = false
      gateway.interests.remove(listener)
      if (error.code === 'stopping') exchange.answer(ended(gateway, scope, id))
    },
  }
}

function notification(name: string, params: ByteText): ByteText {
  return `{"jsonrpc":"2.0","method":"notifications/${name}","params":{${params}}}`
}

function ended(gateway: Gateway, scope: Scope, id: ByteText): ByteText {
  const meta = `${identity(gateway, scope).slice(0, -1)},"${metaKeys.subscriptionId}":${id}}`
  return `{"jsonrpc":"2.0","id":${id},"result":{"resultType":"complete",${meta}}}`
}

function requested(message: Message): Filter {
  const params = message.slice(Member.params)
  const part = params && partNamed(params, 'notifications')
  const filter: unknown = part && JSON.parse(params.toString('utf8', part.start, part.end))
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter)) {
    throw new GatewayError('params_invalid', { problem: '"notifications" must be an object' })
  }
  return filter
}

/** The part of the wish that the servers here can fulfil. */
function honour(gateway: Gateway, scope: Scope, wish: Filter) {
  const able = capabilitiesOf(gateway, scope)
  const view = gateway.view(scope)
  const uris =
    able.resources?.subscribe && Array.isArray(wish.resourceSubscriptions)
      ? wish.resourceSubscriptions
      : []
  const follows = new Map<string, Set<string>>()
  const followed = uris.filter((uri) => {
    const target = typeof uri === 'string' ? view.resource(uri) : undefined
    if (!target || !gateway.server(target.server).greeting?.capabilities.resources?.subscribe)
      return false
    const known = follows.get(target.server) ?? new Set()
    follows.set(target.server, known.add(target.name))
    return true
  })
  const honoured: Filter = {
    ...(wish.toolsListChanged === true && able.tools && { toolsListChanged: true }),
    ...(wish.promptsListChanged === true && able.prompts && { promptsListChanged: true }),
    ...(wish.resourcesListChanged === true && able.resources && { resourcesListChanged: true }),
    ...(followed.length > 0 && { resourceSubscriptions: followed }),
  }
  return { honoured, follows }
}

function changesTold(kinds: ReadonlySet<ListKind>, wish: Filter): readonly string[] {
  return [
    ...(wish.toolsListChanged && kinds.has('tools') ? ['tools/list_changed'] : []),
    ...(wish.promptsListChanged && kinds.has('prompts') ? ['prompts/list_changed'] : []),
    ...(wish.resourcesListChanged && (kinds.has('resources') || kinds.has('templates'))
      ? ['resources/list_changed']
      : []),
  ]
}
