import { dirname } from 'node:path'

import type { RunKeys } from '../../access/run-keys.ts'
import { createRunKeys } from '../../access/run-keys.ts'
import { llmServerName, offersLlm } from '../../contract/llm-server.ts'
import type { Access } from '../../core/access/access.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Census } from '../../core/observe/census.ts'
import type { Log } from '../../core/observe/log.ts'
import type { Hosted } from '../../core/roster.ts'
import type { ReadMessage } from '../../wire/message.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { LlmCaller } from '../llm-runner/caller.ts'
import type { ComposedRunner, LlmSettings } from '../llm-runner/compose.ts'
import { baseEnvironment } from './base-environment.ts'
import { createLlmCaller } from './llm-caller.ts'
import { llmArrival } from './llm-server.ts'
import { stateFolder } from './state-folder.ts'

export interface LlmDeps {
  readonly gateway: Gateway
  readonly loaded: LoadedConfig
  readonly log: Log
  readonly census: Census
  readonly read: ReadMessage
  readonly now: () => number
}

/** LLM programs inside of a gateway: one runner for all its surfaces, and the server `llm`. */
export interface Llm extends AsyncDisposable {
  /** Made when it is first needed. */
  runner(): Promise<ComposedRunner>
  callerFor(access: Access): LlmCaller
  /** Whether this principal may call the tool that runs programs. */
  mayRun(access: Access): boolean
  /** The keys of runs that use tools. */
  readonly keys: RunKeys
  /** Where programs find the gateway, from when its door is open. */
  address: URL | undefined
  /** Goes over to another configuration; what runs goes on. */
  use(loaded: LoadedConfig): void
}

export function openLlm(deps: LlmDeps): Llm {
  const { gateway, log, census } = deps
  const keys = createRunKeys(deps.now)
  const counted = census.add({ name: 'run_keys', count: () => keys.size })
  let settings = settingsOf(deps.loaded)
  let composing: Promise<ComposedRunner> | undefined
  let hosted: Hosted | undefined
  let closing: Promise<unknown> = Promise.resolve()
  const refreshers = new Set<() => void>()

  async function compose(): Promise<ComposedRunner> {
    const { composeRunner } = await import('../llm-runner/compose.ts')
    return composeRunner({
      ...settings,
      stateFolder: stateFolder(),
      hide: deps.loaded.path === undefined ? [] : [deps.loaded.path],
      env: baseEnvironment(process.env),
      warn: (problem) => log.warn('llm_problem', { problem: textOf(problem) }),
    })
  }

  function runner(): Promise<ComposedRunner> {
    composing ??= compose().catch((error: unknown) => {
      // The next one who needs it tries again.
      composing = undefined
      throw error
    })
    return composing
  }

  function offer(): void {
    const isWanted = offersLlm(gateway.config)
    if (isWanted === (hosted !== undefined)) return
    if (isWanted) hosted = gateway.host(llmArrival({ ...deps, ...llm, refreshers }))
    else {
      const leaving = hosted
      hosted = undefined
      closing = closing.then(() => leaving?.[Symbol.asyncDispose]())
    }
  }

  const llm: Llm = {
    keys,
    address: undefined,
    runner,
    callerFor: (access) =>
      createLlmCaller(access, {
        gateway,
        keys,
        address: () => llm.address,
        settings: () => settings.llm,
      }),
    mayRun(access) {
      const server = gateway.servers.find(({ name }) => name === llmServerName)
      const tool = server?.listings.tools.entries.find(({ name }) => name === 'execute_llm')
      return tool !== undefined && access.seesTool(tool) && access.decide(tool) === 'allow'
    },
    use(loaded) {
      settings = settingsOf(loaded)
      void composing?.then(
        (composed) => {
          composed.reconfigure(settings)
          for (const refresh of refreshers) refresh()
        },
        () => undefined,
      )
      offer()
    },
    async [Symbol.asyncDispose]() {
      await hosted?.[Symbol.asyncDispose]()
      await closing
      const composed = await composing?.catch(() => undefined)
      await composed?.[Symbol.asyncDispose]()
      counted[Symbol.dispose]()
    },
  }
  offer()
  return llm
}

function settingsOf({ config, path }: LoadedConfig): LlmSettings {
  return { llm: config.llm, baseFolder: path === undefined ? process.cwd() : dirname(path) }
}

function textOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem)
}
