import { longPace } from '../runner/cells.ts'
import { messageOf, startSubjects, stopSubjects, type Cell } from '../runner/measure.ts'
import { addFact, runCell, subjectsNamed, type Stage } from '../runner/stage.ts'

export const listCell: Cell = {
  name: 'tools/list of 1,000 tools (763 KB), 8 connections',
  route: 'http-http',
  traffic: { era: 'legacy', method: 'tools/list', sizeBytes: 0, connections: 8 },
  plan: { warmUpMs: 250, windowMs: longPace.windowMs },
  firstWarmUpMs: longPace.firstWarmUpMs,
  rounds: 3,
}

export const reachedFact = 'lists that reached the server while clients asked for lists'

/** The echo tool and 999 others. */
const server = { tools: 999 }

/** Row 9: what a large list costs, and whether it is answered without asking any server. */
export async function runLists(stage: Stage): Promise<void> {
  const names = ['direct', 'nginx', 'gantry', 'ad-hoc', 'sdk-v1', 'sdk-v2', 'mcp-hub']
  const subjects = subjectsNamed(stage, names)
  const standings = await startSubjects(stage.bed, 'http-http', subjects, server)
  try {
    await runCell(stage, standings, listCell)
    const gantry = standings.find(({ subject }) => subject.name === 'gantry')
    if (!gantry?.door) return
    const echo = await stage.bed.server(server)
    const { load } = stage.bed
    await load.open('lists', gantry.door, listCell.traffic)
    const before = (await echo.counts())['tools/list'] ?? 0
    const { calls } = await load.window('lists', listCell.plan)
    const after = (await echo.counts())['tools/list'] ?? 0
    await load.close('lists')
    if (calls === 0) throw new Error('no list was answered')
    addFact(stage, {
      name: reachedFact,
      subject: 'gantry',
      value: after - before,
      unit: `of ${calls}`,
    })
  } catch (error) {
    stage.results.skipped.push(`calls that reach the server: ${messageOf(error)}`)
  } finally {
    await stopSubjects(stage.bed, standings)
  }
}
