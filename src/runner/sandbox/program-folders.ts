import { basename, dirname, isAbsolute, join } from 'node:path'

import type { Environment } from '../../processes/environment.ts'

/** Where a program and what it needs to start are: what it was found as, and what that really is. */
export function foldersOfProgram(file: string, real: string): readonly string[] {
  return [...new Set([...aroundFile(file), ...aroundFile(real)])]
}

/** The folders in which programs are looked for, with what lies beside them for them. */
export function foldersOfPath(env: Environment): readonly string[] {
  return (env['PATH'] ?? '').split(':').filter(isAbsolute).flatMap(withSiblings)
}

/** A package of npm may need every other one in the same folder. */
function aroundFile(file: string): readonly string[] {
  const parts = file.split('/')
  const packages = parts.indexOf('node_modules')
  const folder = dirname(file)
  return packages === -1
    ? [file, ...withSiblings(folder)]
    : [parts.slice(0, packages + 1).join('/')]
}

function withSiblings(folder: string): readonly string[] {
  const above = dirname(folder)
  return basename(folder) === 'bin'
    ? [folder, join(above, 'lib'), join(above, 'lib64'), join(above, 'pyvenv.cfg')]
    : [folder]
}

/** Paths as a description names them, by the environment of the program: `~/a`, `$NAME` or `/a`. */
export function expandPaths(paths: readonly string[], env: Environment): readonly string[] {
  return paths.flatMap((path) => {
    const expanded = path
      .replace(/^~(?=\/|$)/, () => env['HOME'] ?? '')
      .replace(/^\$(\w+)/, (_, name: string) => env[name] ?? '')
    return isAbsolute(expanded) && expanded !== '/' ? [expanded] : []
  })
}
