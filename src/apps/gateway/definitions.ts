import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { GatewayError, isFailure } from '../../contract/gateway-error.ts'
import type { Definitions } from '../../surfaces/rest/servers.ts'
import { addServer, changeServer, removeServer, setEnabled } from '../config/edit.ts'
import { readConfigText } from '../config/load.ts'
import { editFile } from '../config/write.ts'
import type { Reloader } from './reload.ts'

/** Writes definitions into the configuration file and goes over to it; what cannot be used is taken out again. */
export function createDefinitions(reloader: Reloader): Definitions {
  let last: Promise<unknown> = Promise.resolve()

  /** One after the other, so that what is taken back is never somebody else's. */
  function inTurn<Result>(
    work: (file: string) => Promise<Result>,
    fallback?: string,
  ): Promise<Result> {
    const path = reloader.loaded.path ?? fallback
    if (path === undefined) return Promise.reject(new GatewayError('config_absent', undefined))
    const next = last.then(() => work(path))
    last = next.catch(() => undefined)
    return next
  }

  async function apply(file: string, edit: () => Promise<unknown>): Promise<void> {
    const before = await textOf(file)
    await edit()
    const after = await textOf(file)
    try {
      await reloader.reload('request')
    } catch (error) {
      if (before === undefined) await removeIf(file, after)
      else await editFile(file, (current = '') => (current === after ? before : current))
      // So that the status does not tell of a file that is no more; what is wrong now is told there.
      await reloader.reload('request').catch(() => undefined)
      throw error
    }
  }

  async function enable(
    file: string,
    names: readonly string[],
    enabled: boolean,
  ): Promise<ReadonlyMap<string, GatewayError>> {
    try {
      await apply(file, async () => {
        for (const name of names) await setEnabled(file, name, enabled)
      })
      return new Map()
    } catch (error) {
      const refused = refusedIn(error, names)
      if (refused.size === 0) throw error
      const others = names.filter((name) => !refused.has(name))
      const failed = others.length === 0 ? new Map() : await enable(file, others, enabled)
      return new Map([...refused, ...failed])
    }
  }

  return {
    add(name, entry) {
      // Without a file there is one with the first server, where `gantry add` would make it.
      const made = reloader.loaded.awaited?.at(-1)
      return inTurn((file) => apply(file, () => addServer(file, name, entry)), made)
    },
    change: (name, changes) =>
      inTurn((file) => apply(file, () => changeServer(file, name, changes))),
    remove: (name) => inTurn((file) => apply(file, () => removeServer(file, name))),
    enable: (names, enabled) =>
      names.length === 0
        ? Promise.resolve(new Map())
        : inTurn((file) => enable(file, names, enabled)),
  }
}

/** Those of the names that are to blame, each with its own reason. */
function refusedIn(error: unknown, names: readonly string[]): Map<string, GatewayError> {
  if (isFailure(error, 'server_unknown')) return new Map([[error.data.server, error]])
  if (!isFailure(error, 'reload_refused')) return new Map()
  return new Map(
    error.data.servers
      .filter(({ name }) => names.includes(name))
      .map((one) => [one.name, new GatewayError('reload_refused', { servers: [one] })]),
  )
}

/** What the file says; nothing where there is none. */
async function textOf(file: string): Promise<string | undefined> {
  if (!existsSync(file)) return undefined
  const { text } = await readConfigText(file)
  return text
}

async function removeIf(file: string, text: string | undefined): Promise<void> {
  if ((await textOf(file)) === text) await rm(file, { force: true })
}
