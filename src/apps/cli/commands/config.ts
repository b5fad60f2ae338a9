import { redact } from '../../../contract/config/redact.ts'
import { loadFor } from '../link/open.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

/** Prints where the configuration is and what was understood, without secrets. */
export async function config(context: Context): Promise<ExitCode> {
  const { shell, options } = context
  const loaded = await loadFor(context)
  const shown = redact(loaded)
  const place = loaded.path === undefined ? 'no file: the embedded default' : loaded.path
  shell.stdout.write(
    options.json
      ? `${JSON.stringify({ path: loaded.path ?? null, config: shown }, null, 2)}\n`
      : `// ${place}\n${JSON.stringify(shown, null, 2)}\n`,
  )
  return exitCodes.done
}
