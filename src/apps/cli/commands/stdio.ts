import { findRunning, loadFor } from '../link/open.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

/** Serves one client over standard input and output until the client leaves. */
export async function stdio(context: Context): Promise<ExitCode> {
  context.shell.outliveReaders()
  const loaded = await loadFor(context)
  const running = await findRunning(loaded)
  const { runStdio } = await import('../../gateway/stdio.ts')
  await runStdio(loaded, running?.base)
  return exitCodes.done
}
