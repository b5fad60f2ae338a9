import { createGatewayToolbox, createOfferReader } from '../../assistant/gateway-toolbox.ts'
import type { SentCall } from '../../assistant/gateway-toolbox.ts'
import { converse } from '../../assistant/converse.ts'
import { chatErrorOf } from '../../assistant/chat-error.ts'
import type { ChosenModel, Models } from '../../assistant/models.ts'
import { setApart } from '../../assistant/set-apart.ts'
import type { CheckArguments, Toolbox } from '../../assistant/toolbox.ts'
import type { ChatBudgets, ChatEnded, ToolOutcome } from '../../contract/chat.ts'
import type { ChatConfig } from '../../contract/config/schema-chat.ts'
import type { Access } from '../../core/access/access.ts'
import type { Assistant, AssistantRequest } from '../../core/chat/assistant.ts'
import { askingAccess } from '../../core/consent/asking-access.ts'
import type { Gateway } from '../../core/gateway.ts'
import { createToolFinder } from '../../surfaces/rest/find-tool.ts'
import { createRelay } from '../../surfaces/rest/relay.ts'
import type { CallTool } from '../../surfaces/rest/tools.ts'
import { createToolCall } from '../../surfaces/rest/tools.ts'
import { createMessageReader } from '../../wire/message.ts'
import { FailedCall } from '../../surfaces/rest/problem.ts'
import type { Projection, ShownTools } from '../../core/projection/read-tools.ts'
import { createToolReader } from '../../core/projection/read-tools.ts'
import { toUtf8 } from '../../wire/bytes.ts'
import { createArgumentCheck } from './argument-check.ts'
import type { ModelsFor } from './chat-models.ts'
import { openChatModels } from './chat-models.ts'
import type { Running } from './gateway.ts'
import type { Overload } from './overload.ts'

export interface OpenAssistantOptions {
  readonly overload: Overload
  readonly onFault: (error: unknown) => void
}

/** The assistant of a running gateway. */
export function openAssistant(
  { gateway, reloader, llm, log, loops }: Running,
  { overload, onFault }: OpenAssistantOptions,
): Assistant & AsyncDisposable {
  const { depth, tokens, requestBytes } = reloader.loaded.config.limits
  const project = createToolReader()
  const models = openChatModels({
    chat: () => gateway.config.chat,
    environment: process.env,
    llm,
    keepSecret: (secret) => log.keepSecret(secret),
    trail: () => loops.trail(),
  })
  const call = createToolCall({
    gateway,
    find: createToolFinder({ gateway, project }),
    relay: createRelay({
      gateway,
      read: createMessageReader({ depth, tokens, stringBytes: requestBytes }),
      refuse: (method) => (overload.isOn ? overload.refuse(method) : undefined),
    }),
  })
  const schemas = createArgumentCheck()
  const assistant = createAssistant({
    gateway,
    models: models.modelsFor,
    project,
    call,
    check: schemas.check,
    onFault,
  })
  return {
    ...assistant,
    async [Symbol.asyncDispose]() {
      await schemas[Symbol.asyncDispose]()
      await models[Symbol.asyncDispose]()
    },
  }
}

export interface AssistantDeps {
  readonly gateway: Gateway
  readonly models: ModelsFor
  readonly project: (shown: ShownTools) => Projection
  /** Makes a call as one over REST is made. */
  readonly call: CallTool
  readonly check: CheckArguments
  readonly onFault: (error: unknown) => void
}

/** Talks for others, with the tools that they may use. */
export function createAssistant(deps: AssistantDeps): Assistant {
  const { gateway, models, check, onFault } = deps
  const chat = () => gateway.config.chat
  const open = createToolboxes(deps)

  return {
    models: (access, signal) => models(access).list(signal),
    async *converse(request) {
      const { model, extras, tools, toolChoice, approvalWaitMs, signal } = request
      const settings = chat()
      const chosen = choose(models(request.access), model)
      if ('ended' in chosen) return yield chosen.ended
      yield* converse(
        {
          provider: chosen.provider,
          toolbox: setApart(open(request, settings), tools),
          check,
          onFault,
        },
        {
          model: chosen.model,
          messages: withSystem(request.messages, settings),
          tools,
          toolChoice,
          extras,
          budgets: within(settings.budgets, request.budgets),
          parallelCalls: settings.parallelCalls,
          resultBytes: settings.resultBytes,
          taint: settings.taint,
          approvalWaitMs,
          signal,
        },
      )
    },
  }
}

function choose(models: Models, model: string | undefined): ChosenModel | { ended: ChatEnded } {
  try {
    return models.choose(model)
  } catch (error) {
    const told = chatErrorOf(error)
    const nothing = { messages: [], usage: undefined, pending: [], model: model ?? '' }
    return { ended: { type: 'ended', reason: 'failed', ...nothing, error: told } }
  }
}

function withSystem(
  messages: AssistantRequest['messages'],
  { system }: ChatConfig,
): AssistantRequest['messages'] {
  return system === undefined ? messages : [{ role: 'system', content: system }, ...messages]
}

/** What is asked for, as far as it is allowed. */
function within(most: ChatBudgets, asked: Partial<ChatBudgets> = {}): ChatBudgets {
  const least = (key: keyof ChatBudgets) => Math.min(most[key], asked[key] ?? Infinity)
  return {
    rounds: least('rounds'),
    calls: least('calls'),
    tokens: least('tokens'),
    timeMs: least('timeMs'),
  }
}

/** What is offered and how strictly calls are looked at: at least as the configuration says. */
function createToolboxes({ gateway, project, call }: AssistantDeps) {
  const isTrusted = (name: string) =>
    gateway.servers.find((one) => one.name === name)?.config.trustAnnotations === true
  const { desk } = gateway.consent
  const send = (sent: SentCall) => sendBy(call, sent)
  const options = {
    gateway,
    project,
    offeredOf: createOfferReader(),
    send,
    isTrusted,
    async decided({ id }: { readonly id: string }, signal: AbortSignal) {
      await desk.wait(id, signal)
    },
  }

  return (request: AssistantRequest, { consent }: ChatConfig): Toolbox => {
    const { conversation, profile, servers } = request
    if (request.withoutGatewayTools === true) return noTools
    const asking = (access: Access, mode: ChatConfig['consent'], tainted: boolean) =>
      askingAccess(access, { mode, conversation, tainted, isTrusted })
    const strict = (tainted: boolean) => {
      const configured = asking(request.access, consent, tainted)
      return request.consent === undefined
        ? configured
        : asking(configured, request.consent, tainted)
    }
    const accesses = { access: strict(false), taintedAccess: strict(true) }
    return createGatewayToolbox(options, { ...accesses, profile, servers })
  }
}

const noTools: Toolbox = {
  list: async () => [],
  call: async () => ({ kind: 'refused', code: 'tool_unknown', message: 'There are no tools.' }),
}

async function sendBy(
  call: CallTool,
  { access, server, tool, argumentsJson, signal, progress }: SentCall,
): Promise<ToolOutcome> {
  try {
    const visit = { access, signal, progress }
    const sent = { name: { server, tool }, args: toUtf8(argumentsJson) }
    const { is_error: isError, content, structured_content: structured } = await call(visit, sent)
    return {
      kind: 'result',
      isError,
      content,
      ...(structured !== undefined && { structured }),
    }
  } catch (error) {
    throw error instanceof FailedCall ? error.error : error
  }
}
