import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'

type Environment = Readonly<Record<string, string | undefined>>

const ownPrograms = fileURLToPath(new URL('../../../node_modules/.bin', import.meta.url))

/**
 * The environment as the person's shell had it. `npm start` puts our own programs first in PATH, the pinned Node
 * among them; servers must find what they find when they are started by hand.
 */
export function baseEnvironment(env: Environment): Environment {
  const folders = env['PATH']?.split(delimiter).filter((folder) => folder !== ownPrograms)
  return folders === undefined ? env : { ...env, PATH: folders.join(delimiter) }
}
