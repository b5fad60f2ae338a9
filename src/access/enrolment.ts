import { createHash, randomBytes } from 'node:crypto'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { openAgentFile } from './agent-file.ts'
import type { EnrolledAgent } from './agent-file.ts'

const TokenRecord = z.object({
  name: z.string(),
  expires_at: z.iso.datetime(),
  servers: z.array(z.string()).exactOptional(),
})

export type { EnrolledAgent }

export interface IssuedToken {
  /** Told once; only its digest is kept. */
  readonly token: string
  readonly expiresAt: string
}

/** Which agents may dial in, and with which tokens further ones may. */
export interface EnrolmentBook {
  /** For one agent, which may offer these servers; all of its own when they are left out. */
  issue(name: string, expiresInMs: number, servers?: readonly string[]): IssuedToken
  /** Whether the token would be taken. */
  admits(token: string): boolean
  /** Uses the token up; undefined when there is no such token, or its time is over. */
  enrol(
    token: string,
    agent: { readonly id: string; readonly key: string },
  ): EnrolledAgent | undefined
  find(id: string): EnrolledAgent | undefined
  /** The same, as of the last look. */
  known(id: string): EnrolledAgent | undefined
  /** Another number whenever the enrolled agents are others. */
  version(): number
  /** How many enrolled agents have this name. */
  countNamed(name: string): number
  all(): readonly EnrolledAgent[]
  revoke(id: string): boolean
}

const idPattern = /^[0-9a-f]{32}$/
const tokenPrefix = 'gae_'

export function openEnrolmentBook(folder: string, nowMs: () => number): EnrolmentBook {
  const tokens = join(folder, 'tokens')
  mkdirSync(tokens, { recursive: true, mode: 0o700 })
  const agents = openAgentFile(join(folder, 'enrolled.jsonl'))

  const tokenFile = (token: string) =>
    join(tokens, `${createHash('sha256').update(token).digest('hex')}.json`)

  function readToken(token: string): z.infer<typeof TokenRecord> | undefined {
    if (!token.startsWith(tokenPrefix)) return undefined
    const record = readRecord(tokenFile(token))
    return record && Date.parse(record.expires_at) > nowMs() ? record : undefined
  }

  return {
    issue(name, expiresInMs, servers) {
      removeStale(tokens, nowMs())
      const token = `${tokenPrefix}${randomBytes(32).toString('base64url')}`
      const expiresAt = new Date(nowMs() + expiresInMs).toISOString()
      writeRecord(tokenFile(token), { name, expires_at: expiresAt, servers })
      return { token, expiresAt }
    },
    admits: (token) => readToken(token) !== undefined,
    enrol(token, { id, key }) {
      const record = readToken(token)
      if (!record || !idPattern.test(id)) return undefined
      try {
        // Of several who try only one removes it.
        unlinkSync(tokenFile(token))
      } catch {
        return undefined
      }
      const { name, servers } = record
      const enrolledAt = new Date(nowMs()).toISOString()
      const agent = { id, name, key, enrolledAt, ...(servers && { servers }) }
      agents.add(agent)
      return agent
    },
    find: (id) => agents.refreshed().get(id),
    known: (id) => agents.known.get(id),
    version: () => agents.version(),
    countNamed: (name) => agents.countNamed(name),
    all: () => [...agents.refreshed().values()],
    revoke(id) {
      if (!agents.refreshed().has(id)) return false
      agents.remove(id, new Date(nowMs()).toISOString())
      return true
    },
  }
}

/** Nobody ever comes for these. */
function removeStale(folder: string, nowMs: number): void {
  for (const name of readdirSync(folder)) {
    const record = readRecord(join(folder, name))
    if (record && Date.parse(record.expires_at) <= nowMs)
      rmSync(join(folder, name), { force: true })
  }
}

function readRecord(file: string): z.infer<typeof TokenRecord> | undefined {
  try {
    return TokenRecord.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data
  } catch {
    // What is not there, or cannot be read, lets nobody in.
    return undefined
  }
}

function writeRecord(file: string, record: object): void {
  const beside = `${file}.${process.pid}.tmp`
  writeFileSync(beside, `${JSON.stringify(record)}\n`, { mode: 0o600 })
  renameSync(beside, file)
}
