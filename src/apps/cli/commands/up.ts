import type { LoadedConfig } from '../../config/load.ts'
import { findRunning, keyOf, loadFor } from '../link/open.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

export interface UpOptions {
  readonly port?: number
  readonly host?: string
  readonly takeOver?: boolean
}

/** Runs the gateway until it is told to stop. */
export async function up(context: Context, options: UpOptions): Promise<ExitCode> {
  context.shell.outliveReaders()
  const loaded = await loadFor(context)
  const successorOf =
    options.takeOver === true ? await predecessor(loaded, options, keyOf(context)) : undefined
  const { runGateway } = await import('../../gateway/run.ts')
  await runGateway(loaded, {
    ...options,
    successorOf,
    load: (path) => loadFor(context, { known: path }),
    print: (text) => context.shell.stdout.write(text),
  })
  return exitCodes.done
}

/** The process of the gateway on the same configuration and address, if there is one. */
async function predecessor(
  loaded: LoadedConfig,
  { port, host }: UpOptions,
  key: string | undefined,
): Promise<number | undefined> {
  const { listen } = loaded.config
  const place = { ...listen, port: port ?? listen.port, host: host ?? listen.host }
  const running = await findRunning({ ...loaded, config: { ...loaded.config, listen: place } }, key)
  return running?.status.pid
}
