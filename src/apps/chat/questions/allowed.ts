import { matchesGlob } from '../../../kit/glob.ts'
import type { Approval } from './approval.ts'

/** Whether one of the patterns, as `files/read_*`, names this tool; without a server it names those of all. */
export function isAllowed(
  { server, tool }: Pick<Approval, 'server' | 'tool'>,
  patterns: readonly string[],
): boolean {
  return patterns.some((pattern) => {
    const at = pattern.indexOf('/')
    const [servers, tools] =
      at === -1 ? ['*', pattern] : [pattern.slice(0, at), pattern.slice(at + 1)]
    return matchesGlob(servers, server) && matchesGlob(tools, tool)
  })
}
