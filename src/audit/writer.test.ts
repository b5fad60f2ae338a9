import { expect } from 'vitest'
import { verifies } from '../../test/requirements/verifies.ts'
import { silentLog } from '../core/observe/log.ts'
import { createBacklog } from './backlog.ts'
import { createGaps } from './gaps.ts'
import type { Entry } from './line.ts'
import { createWriter } from './writer.ts'

verifies(
  'audit:required:F52',
  'F52: who waits for a disk that does not answer is refused after a while, and the line that is written all the same is told',
  async () => {
    const backlog = createBacklog(10)
    const gaps = createGaps()
    const answering = Promise.withResolvers<void>()
    const written: Entry[] = []
    const told: unknown[] = []
    const refused: string[] = []
    using writer = createWriter({
      backlog,
      gaps,
      async append(entries) {
        if (written.length === 0) await answering.promise
        written.push(...entries)
        return written.length - entries.length + 1
      },
      refuse: (_, reason) => void refused.push(reason),
      log: silentLog,
      stallMs: 20,
      reasonOf: String,
    })
    const entry: Entry = { type: 'begun', timeMs: 0, told: '"tool":"one"' }
    backlog.add({ entry, told: (begun) => void told.push(begun) })
    writer.next()
    await expect.poll(() => refused, { timeout: 9000 }).toHaveLength(1)
    const during = writer.problem
    answering.resolve()
    await expect.poll(() => written.length, { timeout: 9000 }).toBe(2)

    expect(during).toContain('the disk has not answered for')
    expect(told).toEqual([1])
    expect(writer.problem).toBeUndefined()
    expect(written.map(({ type }) => type)).toEqual(['begun', 'gap'])
  },
)
