import { once } from 'node:events'
import { access, constants, mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { availableParallelism, totalmem } from 'node:os'

import type { Finding } from '../../contract/diagnosis.ts'
import { limitKeys } from '../../processes/limits/limits.ts'
import { createProcesses } from '../../processes/processes.ts'
import { baseEnvironment } from './base-environment.ts'
import { containmentTexts } from './doctor-stdio.ts'
import { createSteps } from './doctor-steps.ts'
import { examineAudit } from './verify-audit.ts'
import { stateFolder } from './state-folder.ts'

const oldestNode = 24

/** What this machine lets the gateway do, whatever it runs. */
export async function examineMachine(
  onFinding: (finding: Finding) => void,
): Promise<readonly Finding[]> {
  const steps = createSteps(onFinding)
  const { version, platform, arch } = process
  const isOld = Number.parseInt(version.slice(1), 10) < oldestNode
  const gibibytes = Math.round(totalmem() / 1024 ** 3)
  const machine = `${platform} ${arch}, ${availableParallelism()} cores, ${gibibytes} GiB`
  steps.note({
    step: 'node',
    ok: !isOld,
    detail: `${version} on ${machine}`,
    ...(isOld && { remedy: `Install Node ${oldestNode} or newer from https://nodejs.org.` }),
  })
  const folder = stateFolder()
  // What fails has been told, and the rest is worth knowing all the same.
  await steps
    .take({
      step: 'state',
      work: () => useFolder(folder),
      describe: () => `what is learned is kept in ${folder}`,
      advise: () => `Make ${folder} writable, or name another folder in XDG_STATE_HOME.`,
    })
    .catch(() => undefined)
  steps.note(await examineAudit())
  await using processes = createProcesses({ baseEnv: baseEnvironment(process.env) })
  const { kind } = await processes.containment()
  steps.note({ step: 'containment', ok: true, detail: containmentTexts[kind] })
  const held = await processes.enforceable()
  const open = limitKeys.filter((key) => !held.includes(key))
  const whatHolds = held.length === 0 ? 'none can be held' : `${held.join(', ')} can be held`
  const whatNot = open.length === 0 ? '' : `; ${open.join(', ')} cannot`
  steps.note({ step: 'limits', ok: true, detail: `${whatHolds}${whatNot}` })
  return steps.findings
}

async function useFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await access(folder, constants.W_OK)
}

/** Why nobody can listen there, or nothing. */
export async function portProblem(host: string, port: number): Promise<string | undefined> {
  const server = createServer()
  try {
    server.listen(port, host.replace(/^\[|\]$/g, ''))
    await once(server, 'listening')
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    server.close()
  }
}
