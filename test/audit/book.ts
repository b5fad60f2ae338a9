import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { Checked } from '../../src/audit/check.ts'
import { checkLogs } from '../../src/audit/check.ts'
import { filesIn, logsIn } from '../../src/audit/files.ts'
import { CallPage } from '../../src/contract/calls.ts'
import type { CallRecord } from '../../src/contract/calls.ts'
import { ask } from '../access/people.ts'
import type { RunningGateway } from '../kit/gateway.ts'

type Place = Pick<RunningGateway, 'folder'>

export function auditOf({ folder }: Place): string {
  return join(folder, 'state', 'gantry', 'audit')
}

/** What is written down, as a reader with this key is told, the oldest first. */
export async function callsOf(
  gateway: Pick<RunningGateway, 'port'>,
  query = '',
  key?: string,
): Promise<readonly CallRecord[]> {
  const { text } = await ask(gateway, key, `/api/calls?limit=1000${query}`)
  return CallPage.parse(JSON.parse(text)).calls.toReversed()
}

const Line = z.looseObject({ seq: z.int(), type: z.string(), time: z.string() })
export type Line = z.infer<typeof Line>

/** Every line of every log, as it stands in the files. */
export async function linesOf(base: string): Promise<readonly Line[]> {
  const lines: Line[] = []
  for (const log of await logsIn(base)) {
    for (const { path } of await filesIn(join(base, log))) {
      const text = await readFile(path, 'utf8')
      lines.push(
        ...text
          .trimEnd()
          .split('\n')
          .map((line) => Line.parse(JSON.parse(line))),
      )
    }
  }
  return lines
}

/** The one log there is, gone through from its first line to its last. */
export async function checked(base: string): Promise<Checked> {
  const [one, ...more] = await checkLogs(base)
  if (!one || more.length > 0) throw new Error('there is not one log')
  return one
}
