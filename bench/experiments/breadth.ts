import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { echoCell, longPace } from '../runner/cells.ts'
import { startOne, stopSubjects, type Standing } from '../runner/measure.ts'
import { runCell, type Stage } from '../runner/stage.ts'
import type { Subject } from '../runner/subject.ts'
import { startGantry } from '../subjects/gantry.ts'

export const breadthCell = {
  ...echoCell('http-http', '100 B', 32, { ...longPace, rounds: 5 }),
  name: 'Many servers through Gantry: HTTP to HTTP, 100 B, 32 connections',
}

export const breadthNames = {
  one: '1 server, 50 tools',
  many: '200 servers, 10,000 tools',
} as const

const called = 17
/** 50 tools a server: `echo` and 49 others. */
const server = { tools: 49 }

/** Row 12: whether a call costs more when many servers and tools are configured. */
export async function runBreadth(stage: Stage): Promise<void> {
  const gantry = stage.subjects.find(({ name }) => name === 'gantry')
  if (!gantry) return
  const start = async (name: string, numbers: readonly number[]): Promise<Standing> => {
    const standing = await startOne(
      stage.bed,
      'http-http',
      gantryWith(gantry, name, numbers),
      server,
    )
    return { ...standing, traffic: { tool: `s${called}_echo` } }
  }
  const standings = [
    await start(breadthNames.one, [called]),
    await start(
      breadthNames.many,
      Array.from({ length: 200 }, (_, index) => index + 1),
    ),
  ]
  try {
    await runCell(stage, standings, breadthCell)
  } finally {
    await stopSubjects(stage.bed, standings)
  }
}

function gantryWith(gantry: Subject, name: string, numbers: readonly number[]): Subject {
  return {
    ...gantry,
    name,
    start({ children, folder, port, upstreamUrl }) {
      mkdirSync(folder, { recursive: true })
      const file = path.join(folder, 'gantry.json')
      const servers = numbers.map((number) => [
        `s${number}`,
        { url: new URL(`/s/${number}/mcp`, upstreamUrl).href },
      ])
      writeFileSync(file, JSON.stringify({ servers: Object.fromEntries(servers) }))
      const env = { XDG_STATE_HOME: path.join(folder, 'state') }
      return startGantry(children, { file, port, env })
    },
  }
}
