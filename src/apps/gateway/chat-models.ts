import type { Models, ProviderWay } from '../../assistant/models.ts'
import { keyVariables, openModels } from '../../assistant/models.ts'
import type { ProgramRunner } from '../../assistant/providers/program.ts'
import type { ProviderFetch } from '../../assistant/providers/provider-options.ts'
import type { ChatConfig } from '../../contract/config/schema-chat.ts'
import type { Access } from '../../core/access/access.ts'
import type { Loops } from '../../core/routing/loops.ts'
import { asFetch } from '../../upstreams/egress/as-fetch.ts'
import { createGuardedFetch } from '../../upstreams/egress/guarded-fetch.ts'
import type { GuardedFetch } from '../../upstreams/egress/guarded-fetch.ts'
import { policyForListed } from '../../upstreams/egress/policy.ts'
import type { Llm } from './llm.ts'

export interface ChatModelsDeps {
  /** The configuration as it is at the moment. */
  readonly chat: () => ChatConfig
  readonly environment: Readonly<Record<string, string | undefined>>
  /** LLM programs, where they may be run. */
  readonly llm: Pick<Llm, 'mayRun' | 'runner' | 'callerFor'>
  /** What must not be told by the log. */
  readonly keepSecret: (secret: string) => void
  /** What is sent along, by which a request that comes back is known: a provider may be this gateway itself. */
  readonly trail: Loops['trail']
}

/** The models that somebody may ask. */
export type ModelsFor = (access: Access) => Models

export interface ChatModels extends AsyncDisposable {
  readonly modelsFor: ModelsFor
}

/** A model may think for minutes before it says a word. */
const limits = {
  connectTimeoutMs: 10_000,
  headersTimeoutMs: 600_000,
  idleTimeoutMs: 600_000,
  bodyBytes: 67_108_864,
  unpackedBytes: 67_108_864,
}

export function openChatModels(deps: ChatModelsDeps): ChatModels {
  const { chat, environment, llm } = deps
  const ways = createProviderWays(deps.trail)
  for (const name of keyVariables) if (environment[name]) deps.keepSecret(environment[name])

  return {
    modelsFor: (access) =>
      openModels({
        chat: chat(),
        environment,
        fetchFor: (way) => ways.fetchFor(way),
        programs: programsFor(llm, access),
      }),
    [Symbol.asyncDispose]: () => ways[Symbol.asyncDispose](),
  }
}

/** The ways to providers: each reaches where its provider is, and nothing else. */
export interface ProviderWays extends AsyncDisposable {
  readonly fetchFor: (way: ProviderWay) => ProviderFetch
}

export function createProviderWays(trail: Loops['trail'] = () => () => ''): ProviderWays {
  const ways = new Map<string, Way>()

  function wayTo(way: ProviderWay): Way {
    const key = JSON.stringify(way)
    const known = ways.get(key)
    if (known) return known
    const policy = policyForListed(way.baseUrl, way.allowPrivate)
    const guarded = createGuardedFetch({ server: way.name, policy, limits })
    const opened = { guarded, fetch: marked(asFetch(guarded), trail()) }
    ways.set(key, opened)
    return opened
  }

  return {
    fetchFor: (way) => wayTo(way).fetch,
    async [Symbol.asyncDispose]() {
      await Promise.all(Array.from(ways.values(), ({ guarded }) => guarded[Symbol.asyncDispose]()))
    },
  }
}

interface Way {
  readonly guarded: GuardedFetch
  readonly fetch: ProviderFetch
}

function marked(fetch: ProviderFetch, mark: () => string): ProviderFetch {
  return (input, init) => {
    const request = new Request(input, init)
    const via = mark()
    if (via !== '') request.headers.set('gantry-via', via)
    return fetch(request)
  }
}

/** Programs run as their tools do: with the tools of the gateway, where those are given to programs. */
export function programsFor(llm: ChatModelsDeps['llm'], access: Access): ProgramRunner | undefined {
  if (!llm.mayRun(access)) return undefined
  return {
    async names() {
      return [...(await llm.runner()).programs.keys()]
    },
    async run({ program, model, prompt, signal, hear }) {
      const runner = await llm.runner()
      const caller = llm.callerFor(access)
      const isAble = runner.programs.get(program)?.tools !== undefined
      const tools = isAble ? caller.toolsFor(true) : undefined
      const run = runner.start(
        { program, model, prompt },
        {
          signal,
          principal: caller.principal,
          tools: typeof tools === 'string' ? undefined : tools,
          hear: (event) => void (event.kind === 'delta' && hear(event.text)),
        },
      )
      return run.done
    },
  }
}
