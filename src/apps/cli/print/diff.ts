import pc from 'picocolors'

import type { Context } from '../shell.ts'
import { plain } from './plain.ts'

/** What was added in green, what is gone in red, what changed in yellow. */
export function paintDiff(text: string, { shell, options }: Context): string {
  const { green, red, yellow } = pc.createColors(options.color && shell.stdout.isTerminal)
  const paint: Readonly<Record<string, (line: string) => string>> = {
    '+': green,
    '-': red,
    '~': yellow,
  }
  return plain(text).replace(/^([+~-]) .*$/gm, (line, sign: string) => paint[sign]?.(line) ?? line)
}
