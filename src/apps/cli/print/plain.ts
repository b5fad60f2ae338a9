import { plain } from '../../../kit/plain.ts'
import type { Output } from '../shell.ts'

export { plain, plainLine } from '../../../kit/plain.ts'
export { clip } from '../../../kit/text-width.ts'

/** A terminal gets plain text; a file or another program gets what was sent. */
export function forOutput(text: string, output: Output): string {
  return output.isTerminal ? plain(text) : text
}
