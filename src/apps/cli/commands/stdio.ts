import { findRunning, keyOf, loadFor } from '../link/open.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

/** Serves one client over standard input and output until the client leaves. */
export async function stdio(context: Context): Promise<ExitCode> {
  context.shell.outliveReaders()
  const loaded = await loadFor(context)
  const key = keyOf(context)
  const running = await findRunning(loaded, key)
  const { runStdio } = await import('../../gateway/stdio.ts')
  await runStdio(loaded, running && { base: running.base, key })
  return exitCodes.done
}
