import { echoCell, longPace } from '../runner/cells.ts'
import { startOne, stopSubjects, type Standing } from '../runner/measure.ts'
import { runCell, type Stage } from '../runner/stage.ts'

export const eraCell = {
  ...echoCell('http-http', '100 B', 32, longPace),
  name: 'Eras through Gantry: HTTP to HTTP, 100 B, 32 connections',
}

export const eraNames = {
  legacy: 'legacy client, legacy server',
  modern: 'modern client, modern server',
  translated: 'modern client, legacy server',
} as const

/** Row 11: what translating between the eras adds. */
export async function runEras(stage: Stage): Promise<void> {
  const gantry = stage.subjects.find(({ name }) => name === 'gantry')
  if (!gantry) return
  const start = async (name: string, client: 'legacy' | 'modern', server: 'legacy' | 'modern') => {
    const standing = await startOne(stage.bed, 'http-http', { ...gantry, name }, { era: server })
    return { ...standing, traffic: { era: client } }
  }
  const standings: Standing[] = [
    await start(eraNames.legacy, 'legacy', 'legacy'),
    await start(eraNames.modern, 'modern', 'modern'),
    await start(eraNames.translated, 'modern', 'legacy'),
  ]
  try {
    await runCell(stage, standings, eraCell)
  } finally {
    await stopSubjects(stage.bed, standings)
  }
}
