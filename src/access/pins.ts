import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { toolDigest } from './tool-digest.ts'

/** By server, by tool: the digest of the tool as it was when it was first seen. */
const PinRecord = z.object({
  servers: z.record(z.string(), z.record(z.string(), z.string())),
})
type PinRecord = z.infer<typeof PinRecord>

export interface PinnedTool {
  readonly name: string
  /** As its server wrote it. */
  readonly bytes: Buffer
}

/** What the tools of each agent were like when they were first seen. */
export interface PinBook {
  /** Compares with what was seen first, and notes what is seen first now; gives the tools that are not what they were. */
  compare(agent: string, server: string, tools: readonly PinnedTool[]): ReadonlySet<string>
  /** From now on whatever the agent offers next is what it should be. */
  approve(agent: string): void
  /** Another number whenever somebody approved something of this agent. */
  version(agent: string): number
}

export interface PinOptions {
  readonly folder: string
  /** Whether tools that were not there at first count as changed. */
  readonly isStrict: boolean
}

const none: ReadonlySet<string> = new Set()

export function openPinBook({ folder, isStrict }: PinOptions): PinBook {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const fileOf = (agent: string) => join(folder, `${agent}.json`)

  function read(agent: string): PinRecord {
    try {
      return PinRecord.parse(JSON.parse(readFileSync(fileOf(agent), 'utf8')))
    } catch {
      // Seen for the first time, or approved since.
      return { servers: {} }
    }
  }

  function write(agent: string, record: PinRecord): void {
    const beside = `${fileOf(agent)}.${process.pid}.tmp`
    writeFileSync(beside, `${JSON.stringify(record)}\n`, { mode: 0o600 })
    renameSync(beside, fileOf(agent))
  }

  return {
    compare(agent, server, tools) {
      const record = read(agent)
      const known = Object.hasOwn(record.servers, server) ? record.servers[server] : undefined
      const held = new Set<string>()
      // Of most agents nothing has changed: then nothing is copied.
      const isSame = ({ name, bytes }: PinnedTool) =>
        known !== undefined && Object.hasOwn(known, name) && known[name] === toolDigest(bytes)
      if (known && tools.every(isSame)) return none
      const pinned = new Map(Object.entries(known ?? {}))
      for (const { name, bytes } of tools) {
        const digest = toolDigest(bytes)
        const before = pinned.get(name)
        if (before === digest) continue
        const isNew = before === undefined && (known === undefined || !isStrict)
        if (isNew) pinned.set(name, digest)
        else held.add(name)
      }
      const isNews = known === undefined || pinned.size !== Object.keys(known).length
      if (isNews)
        write(agent, { servers: { ...record.servers, [server]: Object.fromEntries(pinned) } })
      return held
    },
    approve: (agent) => rmSync(fileOf(agent), { force: true }),
    version(agent) {
      return statSync(fileOf(agent), { throwIfNoEntry: false })?.mtimeMs ?? 0
    },
  }
}
