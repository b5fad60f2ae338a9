import type { ProfileConfig } from '../../contract/config/schema-access.ts'
import { matchesGlob } from '../../kit/glob.ts'
import type { Entry } from '../catalog/listing.ts'
import { hintOf } from './hints.ts'
import type { Selection } from './selection.ts'
import { matchesAny, matchesTool, parseToolPattern } from './tool-pattern.ts'

/** The part of everything that a profile chooses; `isTrusted` tells whether hints of a server are believed. */
export function selectionOf(
  { servers, tools, readOnly }: ProfileConfig,
  isTrusted: (server: string) => boolean,
): Selection {
  const patterns = tools?.map(parseToolPattern)
  const known = new WeakMap<Entry, boolean>()
  const isChosen = (server: string) => servers === undefined || matchesAny(servers, server)

  function chooses(tool: Entry): boolean {
    return (
      isChosen(tool.server) &&
      (patterns === undefined || patterns.some((pattern) => matchesTool(pattern, tool))) &&
      (!readOnly || hintOf(tool, 'readOnlyHint', isTrusted(tool.server)))
    )
  }

  return {
    seesServer: (server) =>
      isChosen(server) &&
      (servers !== undefined ||
        patterns === undefined ||
        patterns.some((pattern) => matchesGlob(pattern.server, server))),
    // Where only tools are named, only tools are meant.
    reads: (server) => isChosen(server) && (servers !== undefined || patterns === undefined),
    seesTool(tool) {
      let isSeen = known.get(tool)
      if (isSeen === undefined) known.set(tool, (isSeen = chooses(tool)))
      return isSeen
    },
  }
}
