import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { subjectEnv, untilListening } from '../runner/children.ts'
import type { HttpDoor, Subject } from '../runner/subject.ts'

const program = path.join(import.meta.dirname, '..', '..', 'bin', 'gantry')
const absent = existsSync(program) ? undefined : 'bin/gantry does not exist'

/** Gantry as a person starts it, all default rules on. */
export const gantry: Subject = {
  name: 'gantry',
  what: 'gantry up with one server',
  cannot:
    absent === undefined ? {} : { 'http-http': absent, 'http-stdio': absent, 'stdio-http': absent },
  async start({ children, folder, port, route, upstreamArgv, upstreamUrl }) {
    const [command, ...args] = upstreamArgv
    const file = path.join(folder, 'gantry.json')
    const echo = route === 'http-stdio' ? { command, args } : { url: upstreamUrl }
    writeFileSync(file, JSON.stringify({ servers: { echo } }))
    const env = { XDG_STATE_HOME: path.join(folder, 'state') }
    if (route === 'stdio-http') {
      return {
        kind: 'stdio',
        argv: children.pinned('subject', [program, 'stdio', '--config', file]),
        env: subjectEnv(folder, env),
      }
    }
    return startGantry(children, { file, port, env })
  },
}

export interface GantryOptions {
  readonly file: string
  readonly port: number
  readonly env: Readonly<Record<string, string>>
}

/** `gantry up` with this configuration, once it listens. */
export async function startGantry(
  children: Parameters<Subject['start']>[0]['children'],
  { file, port, env }: GantryOptions,
): Promise<HttpDoor> {
  const argv = [program, 'up', '--config', file, '--port', String(port)]
  const started = children.start(argv, { role: 'subject', env })
  await untilListening(port, started)
  return { kind: 'streamable', url: `http://127.0.0.1:${port}/mcp`, pid: started.pid }
}
