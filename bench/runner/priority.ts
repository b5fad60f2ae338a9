import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'

const autogroup = '/proc/self/autogroup'

/**
 * Puts this process, and all it starts from now on, before other programs until disposed. Linux
 * shares time between sessions first, where it groups them, and only then by priority within one.
 */
export function takePriority(): Disposable {
  os.setPriority(os.constants.priority.PRIORITY_HIGHEST)
  const before = existsSync(autogroup)
    ? / nice (-?\d+)/.exec(readFileSync(autogroup, 'utf8'))?.[1]
    : undefined
  if (before !== undefined) writeFileSync(autogroup, String(os.constants.priority.PRIORITY_HIGHEST))
  return {
    [Symbol.dispose]() {
      if (before !== undefined) writeFileSync(autogroup, before)
    },
  }
}
