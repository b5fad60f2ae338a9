import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { GrantStore, SavedGrant } from '../../core/consent/grants.ts'
import type { Log } from '../../core/observe/log.ts'

const GrantFile = z.object({
  format: z.literal(1),
  grants: z.array(
    z.object({
      id: z.string(),
      principal: z.string(),
      server: z.string(),
      tool: z.string(),
      tool_digest: z.string(),
      by: z.string(),
      since: z.iso.datetime(),
    }),
  ),
})

/** What was granted for always, in one file that only its owner may read; other programs may write it, too. */
export function createGrantStore(file: string, log: Log): GrantStore {
  let known: readonly SavedGrant[] = []
  let stamp = ''

  function stampNow(): string {
    const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
    return stat ? `${stat.ino}:${stat.mtimeNs}:${stat.size}` : ''
  }

  function load(): readonly SavedGrant[] {
    try {
      const { grants } = GrantFile.parse(JSON.parse(readFileSync(file, 'utf8')))
      return grants.map(({ tool_digest: toolDigest, since, ...rest }) => ({
        ...rest,
        toolDigest,
        sinceMs: Date.parse(since),
      }))
    } catch (error) {
      // What cannot be read lets nothing through.
      log.warn('grants_unreadable', { error })
      return []
    }
  }

  return {
    read() {
      const now = stampNow()
      if (now === stamp) return known
      stamp = now
      return (known = now === '' ? [] : load())
    },
    write(grants) {
      known = grants
      const beside = `${file}.${process.pid}.tmp`
      const written = grants.map(({ toolDigest, sinceMs, ...rest }) => ({
        ...rest,
        tool_digest: toolDigest,
        since: new Date(sinceMs).toISOString(),
      }))
      try {
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
        writeFileSync(beside, `${JSON.stringify({ format: 1, grants: written })}\n`, {
          mode: 0o600,
        })
        renameSync(beside, file)
        stamp = stampNow()
      } catch (error) {
        // It holds at least until the end.
        log.warn('grants_unwritable', { error })
      }
    },
  }
}

/** Short enough to be typed, and nothing that could be guessed. */
export function newApprovalId(): string {
  return randomBytes(6).toString('hex')
}
