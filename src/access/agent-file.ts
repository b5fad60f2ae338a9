import { appendFileSync, closeSync, openSync, readSync, statSync } from 'node:fs'
import { z } from 'zod'

const Line = z.union([
  z.object({
    id: z.string(),
    name: z.string(),
    key: z.string(),
    enrolled_at: z.string(),
    servers: z.array(z.string()).exactOptional(),
  }),
  z.object({ id: z.string(), revoked_at: z.string() }),
])
type Line = z.infer<typeof Line>

/** An agent that may dial in. */
export interface EnrolledAgent {
  readonly id: string
  readonly name: string
  /** Its public key. */
  readonly key: string
  readonly enrolledAt: string
  /** Which servers it may offer, by its own names for them; all when left out. */
  readonly servers?: readonly string[]
}

/** The agents that were let in and thrown out, one line each in the order it happened: several programs may add to it. */
export interface AgentFile {
  /** As of the last look. */
  readonly known: ReadonlyMap<string, EnrolledAgent>
  /** As of now. */
  refreshed(): ReadonlyMap<string, EnrolledAgent>
  /** Another number whenever they are others. */
  version(): number
  /** As of the last look. */
  countNamed(name: string): number
  add(agent: EnrolledAgent): void
  remove(id: string, at: string): void
}

export function openAgentFile(file: string): AgentFile {
  const agents = new Map<string, EnrolledAgent>()
  const names = new Map<string, number>()
  /** How much of the file was read. */
  let readBytes = 0
  let rest = ''

  function count(name: string, change: number): void {
    const key = name.toLowerCase()
    names.set(key, (names.get(key) ?? 0) + change)
  }

  function follow(line: Line): void {
    const before = agents.get(line.id)
    if (before) count(before.name, -1)
    agents.delete(line.id)
    if ('revoked_at' in line) return
    const { id, name, key, enrolled_at: enrolledAt, servers } = line
    agents.set(id, { id, name, key, enrolledAt, ...(servers && { servers }) })
    count(name, 1)
  }

  function refresh(): void {
    const sizeBytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0
    if (sizeBytes === readBytes) return
    // It was made anew.
    if (sizeBytes < readBytes) forget()
    const lines = (rest + readFrom(file, readBytes, sizeBytes)).split('\n')
    rest = lines.pop() ?? ''
    readBytes = sizeBytes
    for (const text of lines) {
      const line = lineIn(text)
      if (line) follow(line)
    }
  }

  function forget(): void {
    agents.clear()
    names.clear()
    readBytes = 0
    rest = ''
  }

  function append(line: Line): void {
    appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: 0o600 })
    refresh()
  }

  // Thousands of lines take their time: better before anybody dials in.
  refresh()
  return {
    known: agents,
    refreshed() {
      refresh()
      return agents
    },
    version() {
      refresh()
      return readBytes
    },
    countNamed: (name) => names.get(name.toLowerCase()) ?? 0,
    add: ({ id, name, key, enrolledAt, servers }) =>
      append({ id, name, key, enrolled_at: enrolledAt, ...(servers && { servers: [...servers] }) }),
    remove: (id, at) => append({ id, revoked_at: at }),
  }
}

function readFrom(file: string, from: number, to: number): string {
  const bytes = Buffer.alloc(to - from)
  const handle = openSync(file, 'r')
  try {
    return bytes.toString('utf8', 0, readSync(handle, bytes, 0, bytes.length, from))
  } finally {
    closeSync(handle)
  }
}

/** A line that is none lets nobody in. */
function lineIn(text: string): Line | undefined {
  try {
    return Line.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
