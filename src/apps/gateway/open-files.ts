import { readFileSync } from 'node:fs'

/** How many files and connections this process may have open; undefined where the system does not say. */
export function openFilesLimit(): number | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1')
    const limit = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1])
    return Number.isInteger(limit) ? limit : undefined
  } catch {
    // Not a Linux system.
    return undefined
  }
}

/** What programs, servers, logs and files need stays free, so that clients alone can never use up all there is. */
export function connectionsWithin(connections: number, openFiles: number | undefined): number {
  if (openFiles === undefined) return connections
  const reserved = Math.min(Math.ceil(openFiles / 2), 512)
  return Math.min(connections, openFiles - reserved)
}
