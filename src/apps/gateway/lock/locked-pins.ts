import { differingMembers } from '../../../core/catalog/canonical-tool.ts'
import type { PinStore, SavedTool } from '../../../core/catalog/pins.ts'
import { digestOfDefinition } from './definition.ts'

/** What the lock says of a server's tools; undefined where it says nothing of that server. */
export type LockedTools = (server: string) => ReadonlyMap<string, Buffer> | undefined

/**
 * What was found good is what the lock says. What is decided on this machine holds until the lock says something
 * else of that tool.
 */
export function createLockedPins(store: PinStore, lockedTools: LockedTools): PinStore {
  return {
    ...store,
    read(server) {
      const own = store.read(server)
      const locked = lockedTools(server)
      return locked ? underLock(own ?? [], locked) : own
    },
    write(server, tools) {
      const locked = lockedTools(server)
      store.write(
        server,
        locked ? tools.map((tool) => ({ ...tool, locked: saysOf(tool.name, locked) })) : tools,
      )
    },
  }
}

type Locked = ReadonlyMap<string, Buffer>

function underLock(own: readonly SavedTool[], locked: Locked): readonly SavedTool[] {
  const known = new Set(own.map(({ name }) => name))
  const untouched = Array.from(locked).flatMap(([name, definition]) =>
    known.has(name) ? [] : [{ name, approved: definition.toString() }],
  )
  return [...own.flatMap((tool) => relocked(tool, locked)), ...untouched]
}

/** A record as it is once the lock says something else than when it was written. */
function relocked(tool: SavedTool, locked: Locked): readonly SavedTool[] {
  const { name, waiting, since, isRejected, was } = tool
  if (tool.locked === saysOf(name, locked)) return [tool]
  const definition = locked.get(name)
  const isWaiting =
    waiting !== undefined &&
    !(definition && differingMembers(definition, Buffer.from(waiting)).length === 0)
  const left = {
    name,
    ...(definition && { approved: definition.toString() }),
    ...(isWaiting && { waiting, ...(since !== undefined && { since }) }),
    ...(isWaiting && !definition && was !== undefined && { was }),
    ...(isRejected !== undefined && { isRejected }),
  }
  // Of a tool that the lock does not have nothing is left of what was found good before.
  return definition || isWaiting || isRejected === true ? [left] : []
}

function saysOf(name: string, locked: Locked): string {
  const definition = locked.get(name)
  return definition ? digestOfDefinition('tools', definition) : 'nothing'
}
