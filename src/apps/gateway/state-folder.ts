import { join } from 'node:path'

/** Where what is learned is kept: it can be deleted at any time. */
export function stateFolder(...parts: readonly string[]): string {
  const base = process.env['XDG_STATE_HOME'] || join(process.env['HOME'] ?? '.', '.local', 'state')
  return join(base, 'gantry', ...parts)
}
