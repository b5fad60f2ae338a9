import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'

import type { GatewayStatus, ServerStatus } from '../../src/contract/status.ts'
import { startGateway, type RunningGateway } from '../kit/gateway.ts'

/** What `/readyz` says. */
export interface Readiness {
  readonly httpStatus: number
  readonly config_generation: number
  readonly last_reload_error: string | null
}

/** A gateway whose configuration file is changed while it runs. */
export interface Reloading extends RunningGateway {
  readonly file: string
  /** The text of the file as it is now. */
  text(): Promise<string>
  /** Writes the file whole, as editors do: beside it first. */
  save(config: object): Promise<void>
  /** Asks for a reload by a signal. */
  readonly hangUp: () => void
  /** Asks for a reload over REST; gives what came of it. */
  reload(): Promise<Record<string, unknown>>
  status(): Promise<GatewayStatus>
  servers(): Promise<readonly ServerStatus[]>
  server(name: string): Promise<ServerStatus | undefined>
  readiness(): Promise<Readiness>
  /** Does this, and gives the state after the reload that it sets off. */
  after(change: () => unknown): Promise<GatewayStatus>
}

export async function startReloading(
  config: object,
  env: Readonly<Record<string, string>> = {},
): Promise<Reloading> {
  const gateway = await startGateway(config, { env })
  const file = join(gateway.folder, 'gantry.json')
  const origin = new URL(gateway.url).origin
  const ask = async <Answer>(path: string, method = 'GET'): Promise<Answer> => {
    const response = await fetch(`${origin}${path}`, { method })
    const answer: Answer = JSON.parse(await response.text())
    return answer
  }
  const status = () => ask<GatewayStatus>('/api/status')
  const servers = () => ask<readonly ServerStatus[]>('/api/servers/status')

  return {
    ...gateway,
    file,
    text: () => readFile(file, 'utf8'),
    async save(next) {
      await writeFile(`${file}.new`, JSON.stringify(next, undefined, 2))
      await rename(`${file}.new`, file)
    },
    hangUp: () => void process.kill(gateway.pid, 'SIGHUP'),
    reload: () => ask('/api/config/reload', 'POST'),
    status,
    servers,
    server: async (name) => (await servers()).find((one) => one.name === name),
    async readiness() {
      const response = await fetch(`${origin}/readyz`)
      const said: Omit<Readiness, 'httpStatus'> = JSON.parse(await response.text())
      return { httpStatus: response.status, ...said }
    },
    async after(change) {
      const before = (await status()).reload?.at
      await change()
      await expect
        .poll(async () => (await status()).reload?.at, { timeout: 15_000, interval: 30 })
        .not.toBe(before)
      return status()
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  }
}

/** Waits until so many servers are ready, and gives their process ids by name. */
export async function untilReady(
  gateway: Reloading,
  count: number,
): Promise<Readonly<Record<string, number | undefined>>> {
  const ready = async () => (await gateway.servers()).filter(({ state }) => state === 'ready')
  await expect.poll(async () => (await ready()).length, { timeout: 20_000 }).toBe(count)
  return Object.fromEntries((await ready()).map(({ name, pid }) => [name, pid]))
}
