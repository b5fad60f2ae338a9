import { hash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { PinStore, SavedTool } from '../../core/catalog/pins.ts'
import type { Log } from '../../core/observe/log.ts'

const PinFile = z.object({
  format: z.literal(1),
  tools: z.array(
    z.object({
      name: z.string(),
      approved: z.string().exactOptional(),
      waiting: z.string().exactOptional(),
      since: z.string().exactOptional(),
      isRejected: z.boolean().exactOptional(),
      was: z.string().exactOptional(),
      locked: z.string().exactOptional(),
    }),
  ),
})

/** What tools were when they were found good: one file a server, readable by its owner alone. */
export function createPinStore(folder: string, log: Log): PinStore {
  /** What could not be written holds at least until the end. */
  const unwritten = new Map<string, readonly SavedTool[]>()
  // Two names that differ in their case alone are one file on some systems.
  const fileOf = (server: string) =>
    join(folder, `${server.toLowerCase()}-${hash('sha256', server).slice(0, 8)}.json`)

  return {
    read(server) {
      const held = unwritten.get(server)
      if (held) return held
      try {
        return PinFile.parse(JSON.parse(readFileSync(fileOf(server), 'utf8'))).tools
      } catch (error) {
        if (!isAbsent(error)) log.warn('pins_unreadable', { server, error })
        return undefined
      }
    },
    write(server, tools) {
      const file = fileOf(server)
      const beside = `${file}.${process.pid}.tmp`
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        writeFileSync(beside, `${JSON.stringify({ format: 1, tools })}\n`, { mode: 0o600 })
        renameSync(beside, file)
        unwritten.delete(server)
      } catch (error) {
        unwritten.set(server, tools)
        log.warn('pins_unwritable', { server, error })
      }
    },
    digest: digestOf,
    now: () => new Date().toISOString(),
  }
}

/** Stands for a tool as its server wrote it. */
export function digestOf(bytes: Buffer): string {
  return hash('sha256', bytes, 'base64url')
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
