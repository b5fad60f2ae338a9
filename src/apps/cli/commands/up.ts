import { loadFor } from '../link/open.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

export interface UpOptions {
  readonly port?: number
  readonly host?: string
}

/** Runs the gateway until it is told to stop. */
export async function up(context: Context, options: UpOptions): Promise<ExitCode> {
  context.shell.outliveReaders()
  const loaded = await loadFor(context)
  const { runGateway } = await import('../../gateway/run.ts')
  await runGateway(loaded, {
    ...options,
    load: () => loadFor(context),
    print: (text) => context.shell.stdout.write(text),
  })
  return exitCodes.done
}
