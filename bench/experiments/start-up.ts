import { median, startOne, stopSubjects } from '../runner/measure.ts'
import { addFact, type Stage } from '../runner/stage.ts'

export const startFact = 'start to listening'

const rounds = 5
const graceMs = 500
const neverTimed = new Set(['direct', 'nginx-default', 'mcp-remote'])

/** Row 8: from starting the program to its port taking a connection. */
export async function runStartUp(stage: Stage): Promise<void> {
  const times = new Map<string, number[]>()
  for (let round = 0; round <= rounds; round++) {
    for (const subject of stage.subjects) {
      if (neverTimed.has(subject.name)) continue
      const route = subject.cannot['http-http'] === undefined ? 'http-http' : 'http-stdio'
      if (subject.cannot[route] !== undefined || times.get(subject.name)?.length === 0) continue
      const from = performance.now()
      const standing = await startOne(stage.bed, route, subject, {})
      const tookMs = performance.now() - from
      if (!standing.door) {
        stage.results.skipped.push(`start of ${subject.name}: ${standing.unable}`)
        times.set(subject.name, [])
        continue
      }
      await stopSubjects(stage.bed, [standing], graceMs)
      // The first round only warms the disk cache.
      if (round > 0) times.set(subject.name, [...(times.get(subject.name) ?? []), tookMs])
    }
  }
  for (const [subject, found] of times) {
    if (found.length === 0) continue
    addFact(stage, { name: startFact, subject, value: median(found), unit: 'ms' })
  }
}
