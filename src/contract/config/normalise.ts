import { isRecord } from '../../kit/is-record.ts'
import { ignoredTopKeys } from './foreign.ts'
import { normaliseServer } from './normalise-server.ts'
import { createNotes } from './notes.ts'
import type { Noted, Notes, SourceText } from './notes.ts'
import { printPath, printValue } from './problem.ts'

/** A configuration of any accepted shape, in the native shape but not yet checked. */
export interface Normalised extends Noted {
  readonly top: Readonly<Record<string, unknown>>
  readonly servers: ReadonlyMap<string, Readonly<Record<string, unknown>>>
}

const serverMaps = ['servers', 'mcpServers'] as const

/**
 * The one place where foreign shapes become ours: `mcpServers`, VS Code's `servers` with `type`,
 * other programs' key names, and the older names of this program.
 */
export function normalise(written: unknown, sourceText: SourceText = () => undefined): Normalised {
  const notes = createNotes()
  const servers = new Map<string, Readonly<Record<string, unknown>>>()
  const top: Record<string, unknown> = {}
  if (!isRecord(written)) {
    notes.problem([], 'the file does not hold an object: begin it with "{" and end it with "}"')
    return { top, servers, ...notes.result() }
  }
  for (const [key, value] of Object.entries(written)) {
    if (key === 'servers' || key === 'mcpServers') continue
    if (ignoredTopKeys.has(key)) {
      notes.warning([key], `${key} is kept out: it belongs to another program`)
    } else {
      top[key] = value
    }
  }
  for (const map of serverMaps) {
    if (Object.hasOwn(written, map)) readServers({ map, written, servers, notes, sourceText })
  }
  return { top, servers, ...notes.result() }
}

interface ServersReading {
  readonly map: 'servers' | 'mcpServers'
  readonly written: Readonly<Record<string, unknown>>
  readonly servers: Map<string, Readonly<Record<string, unknown>>>
  readonly notes: Notes
  readonly sourceText: SourceText
}

function readServers({ map, written, servers, notes, sourceText }: ServersReading): void {
  const entries = written[map]
  if (!isRecord(entries)) {
    notes.problem([map], `${map} is ${printValue(entries)}: write an object of servers by name`)
    return
  }
  for (const [name, entry] of Object.entries(entries)) {
    const path = [map, name]
    if (servers.has(name)) {
      notes.problem(
        path,
        `${printPath(path)} is given a second time, beside ${printPath(['servers', name])}: keep one`,
      )
      continue
    }
    if (map !== 'servers') notes.moved(['servers', name], path)
    if (!isRecord(entry)) {
      notes.problem(
        path,
        `${printPath(path)} is ${printValue(entry)}: write an object with "command" or "url"`,
      )
      continue
    }
    const native = normaliseServer(entry, { name, path, notes, sourceText })
    if (native) servers.set(name, native)
  }
}
