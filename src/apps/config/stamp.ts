import { stat } from 'node:fs/promises'

/** What tells one state of a file from another without reading it; undefined when there is no file. */
export async function stampOf(file: string): Promise<string | undefined> {
  const stats = await stat(file, { bigint: true }).catch(absent)
  return stats && `${stats.ino}:${stats.size}:${stats.mtimeNs}`
}

/** Turns "there is none" into nothing; anything else that is wrong is thrown again. */
export function absent(cause: unknown): undefined {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw cause
}
