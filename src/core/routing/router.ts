import { GatewayError } from '../../contract/gateway-error.ts'
import { isRecord } from '../../kit/is-record.ts'
import { nearest } from '../../kit/nearest.ts'
import type { ByteText, Edit } from '../../wire/bytes.ts'
import { toJson } from '../../wire/bytes.ts'
import { Member } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import { partNamed } from '../../wire/walk.ts'
import type { Caller, Outcome, Step } from '../call/call.ts'
import { Call } from '../call/call.ts'
import type { LogLevel } from '../call/era.ts'
import type { Sink } from '../call/sink.ts'
import type { Entry } from '../catalog/listing.ts'
import type { ParamHeader } from '../catalog/param-headers.ts'
import { hasParamHeaders, paramHeaderLines, paramHeadersOf } from '../catalog/param-headers.ts'
import type { View } from '../catalog/view.ts'
import { isReading } from '../pipeline/retry.ts'
import { uriEdits } from './reply-uris.ts'
import type { createRequestStates } from './request-state.ts'
import type { Server } from './server.ts'

export interface RoutedRequest {
  readonly message: Message
  readonly caller: Caller
  readonly view: View
  readonly sink: Sink
  readonly logLevel: LogLevel | undefined
}

/** The outcome, and what must change in the reply before its client reads it. */
export type RoutedDone = (outcome: Outcome, edits: readonly Edit[], call: Call) => void

export interface RouterDeps {
  readonly server: (name: string) => Server | undefined
  readonly send: Step
  readonly states: ReturnType<typeof createRequestStates>
}

export interface Router {
  /** Sends the request to the server it names. Throws `GatewayError` when there is none. */
  route(request: RoutedRequest, done: RoutedDone): Call
  /** Which arguments of a tool are mirrored in headers. */
  paramHeaders(view: View, tool: string): readonly ParamHeader[]
}

interface Destination {
  readonly server: string
  readonly target: ByteText | undefined
  readonly entry?: Entry
}

const noEdits: readonly Edit[] = []
/** A call may come back for more input so often, and no more. */
const maxRounds = 8

export function createRouter({ server, send, states }: RouterDeps): Router {
  const factsOf = createFacts()

  return {
    route(request, done) {
      const { message, caller, view } = request
      const { method } = message
      const unlisted = () => view.servers.find((name) => server(name)?.knows('tools') === false)
      const destination = find(view, message, unlisted)
      const owner = server(destination.server)
      if (!owner) throw new GatewayError('server_unknown', { server: destination.server })
      const tool =
        destination.entry && method === 'tools/call' ? factsOf(destination.entry) : undefined
      const guard = tool && destination.entry && owner.guard.tool(destination.entry.name)
      const scope = { server: destination.server, caller, method, message }
      if (request.logLevel) owner.wantLogs(request.logLevel)
      const state = message.has(Member.requestState) ? states.unwrap(scope) : undefined
      const call = new Call({
        message,
        method,
        caller,
        server: destination.server,
        to: owner,
        entry: tool && destination.entry,
        tool: guard,
        target: destination.target,
        requestState: state?.isOurs ? undefined : state?.inner,
        approval: state?.isOurs ? String(JSON.parse(state.inner)) : undefined,
        paramHeaders:
          tool && tool.headers.length > 0
            ? paramHeaderLines(tool.headers, message.slice(Member.arguments))
            : '',
        logLevel: request.logLevel,
        timeoutMs: guard?.config.timeoutMs ?? owner.config.timeoutMs,
        totalTimeoutMs: guard?.config.totalTimeoutMs ?? owner.config.totalTimeoutMs,
        isRepeatable:
          guard?.config.retrySafe ??
          (isReading(method) || (owner.config.trustAnnotations && tool?.isRepeatable === true)),
        sink: request.sink,
      })
      send(call, (outcome) => {
        if (outcome.kind === 'failure') return done(outcome, noEdits, call)
        const { reply } = outcome
        const uris = uriEdits(reply, method, destination.server, view)
        if (!reply.has(Member.resultState)) return done(outcome, uris, call)
        const round = (state?.round ?? 0) + 1
        if (round > maxRounds) return done(endless(destination.server), noEdits, call)
        const inner = reply.raw(Member.resultState) ?? '""'
        const isOurs = outcome.isOurs === true
        const text = states.wrap({ inner, round, isOurs }, scope)
        done(outcome, [...uris, stateEdit(reply, text)], call)
      })
      return call
    },
    paramHeaders(view, tool) {
      const entry = view.tools.get(tool)
      return entry ? factsOf(entry).headers : []
    },
  }
}

function endless(server: string): Outcome {
  const problem = `it asked for more input after ${maxRounds} rounds of it`
  const error = new GatewayError('server_answer_invalid', { server, problem })
  return { kind: 'failure', error, phase: 'answered' }
}

function stateEdit(reply: Message, text: ByteText): Edit {
  return { start: reply.start(Member.resultState), end: reply.end(Member.resultState), text }
}

interface ToolFacts {
  readonly headers: readonly ParamHeader[]
  readonly isRepeatable: boolean
}

/** Read once for each entry. */
function createFacts(): (entry: Entry) => ToolFacts {
  const facts = new WeakMap<Entry, ToolFacts>()
  return (entry) => {
    let known = facts.get(entry)
    if (!known) facts.set(entry, (known = readFacts(entry)))
    return known
  }
}

function readFacts({ bytes }: Entry): ToolFacts {
  const hints = partNamed(bytes, 'annotations')
  const says = (hint: string) => {
    const part = hints && partNamed(bytes, hint, hints.start)
    return part !== undefined && bytes.toString('latin1', part.start, part.end) === 'true'
  }
  return {
    headers: hasParamHeaders(bytes) ? paramHeadersOf(bytes) : [],
    isRepeatable: says('readOnlyHint') || says('idempotentHint'),
  }
}

function find(view: View, message: Message, unlisted: () => string | undefined): Destination {
  switch (message.method) {
    case 'tools/call': {
      const tool = required(message, Member.name, 'name')
      const entry = view.tools.get(tool)
      if (!entry)
        throw new GatewayError('tool_unknown', {
          tool,
          nearest: nearest(tool, view.tools.keys()),
          unlisted: unlisted(),
        })
      return named(tool, entry)
    }
    case 'prompts/get': {
      const prompt = required(message, Member.name, 'name')
      const entry = view.prompts.get(prompt)
      if (!entry)
        throw new GatewayError('prompt_unknown', {
          prompt,
          nearest: nearest(prompt, view.prompts.keys()),
        })
      return named(prompt, entry)
    }
    case 'resources/read': {
      const uri = required(message, Member.uri, 'uri')
      const target = view.resource(uri)
      if (!target) throw new GatewayError('resource_unknown', { uri })
      return {
        server: target.server,
        target: target.name === uri ? undefined : toJson(target.name),
      }
    }
    case 'completion/complete':
      return completed(view, message)
    default:
      throw new GatewayError('method_unknown', { method: message.method })
  }
}

function named(shown: string, entry: Entry): Destination {
  return {
    server: entry.server,
    target: entry.name === shown ? undefined : toJson(entry.name),
    entry,
  }
}

function required(message: Message, member: Member, key: string): string {
  const text = message.text(member)
  if (text === undefined)
    throw new GatewayError('params_invalid', { problem: `"${key}" must be a string` })
  return text
}

/** A completion names a prompt or a resource inside `ref`; only that name changes on the way. */
function completed(view: View, message: Message): Destination {
  const ref = message.parsed(Member.ref)
  const { type, name, uri } = isRecord(ref) ? ref : {}
  if (type === 'ref/prompt' && typeof name === 'string') {
    const entry = view.prompts.get(name)
    if (!entry) {
      throw new GatewayError('prompt_unknown', {
        prompt: name,
        nearest: nearest(name, view.prompts.keys()),
      })
    }
    const target = entry.name === name ? undefined : refWith(message, 'name', entry.name)
    return { server: entry.server, target }
  }
  if (type === 'ref/resource' && typeof uri === 'string') {
    const target = view.template(uri)
    if (!target) throw new GatewayError('resource_unknown', { uri })
    return {
      server: target.server,
      target: target.name === uri ? undefined : refWith(message, 'uri', target.name),
    }
  }
  throw new GatewayError('params_invalid', {
    problem: '"ref" must be a ref/prompt with a name or a ref/resource with a uri',
  })
}

function refWith(message: Message, key: string, value: string): ByteText {
  const ref = message.slice(Member.ref) ?? Buffer.from('{}')
  const part = partNamed(ref, key)
  if (!part) return ref.toString('latin1')
  return `${ref.toString('latin1', 0, part.start)}${toJson(value)}${ref.toString('latin1', part.end)}`
}
