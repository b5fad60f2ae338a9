import { diffConfigs } from '../../../contract/config/diff.ts'
import type { ConfigDiff } from '../../../contract/config/diff.ts'
import { printDiff } from '../../../contract/config/print-diff.ts'
import { PlanResult } from '../../../contract/status.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { askJson } from '../link/http.ts'
import { findGateway, keyOf } from '../link/open.ts'
import { paintDiff } from '../print/diff.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

/** Says what would change if the running gateway read its configuration anew. */
export async function plan(context: Context): Promise<ExitCode> {
  const { shell, options } = context
  const found = await findGateway(context)
  const running = 'base' in found
  const diff = running ? await askPlan(context, found.base) : fromNothing(found.loaded)
  if (options.json) {
    shell.stdout.write(`${JSON.stringify({ running, diff }, null, 2)}\n`)
    return exitCodes.done
  }
  shell.stderr.write(
    running
      ? `If the gateway at ${found.base.origin} read its configuration now:\n`
      : 'No gateway runs on this configuration. `gantry up` would start:\n',
  )
  shell.stdout.write(paintDiff(printDiff(diff), context))
  return exitCodes.done
}

async function askPlan(context: Context, base: URL): Promise<ConfigDiff> {
  const url = new URL('api/config/plan', base)
  const signal = context.shell.interrupted()
  return (await askJson({ method: 'GET', url, key: keyOf(context), signal }, PlanResult)).diff
}

/** Every server there is to start. */
function fromNothing({ config, expanded = new Map() }: LoadedConfig): ConfigDiff {
  const servers = config.servers.filter(({ enabled }) => enabled)
  const nothing = { config: { ...config, servers: [] }, expanded }
  return diffConfigs(nothing, { config: { ...config, servers }, expanded })
}
