import { GatewayError } from '../../../contract/gateway-error.ts'
import { removeServer, setEnabled } from '../../config/edit.ts'
import { findConfig } from '../../config/load.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'
import { afterEdit } from './after-edit.ts'

export async function remove(context: Context, name: string): Promise<ExitCode> {
  const file = await existingConfig(context)
  await removeServer(file, name)
  await afterEdit(context, { file, name, done: 'Removed', isChanged: true })
  return exitCodes.done
}

/** Switches a server on or off in the configuration. */
export async function toggle(
  context: Context,
  { name, enabled }: { readonly name: string; readonly enabled: boolean },
): Promise<ExitCode> {
  const file = await existingConfig(context)
  const changed = await setEnabled(file, name, enabled)
  const word = enabled ? 'Enabled' : 'Disabled'
  const done = changed ? word : `Already ${word.toLowerCase()}:`
  await afterEdit(context, { file, name, done, isChanged: changed })
  return exitCodes.done
}

async function existingConfig({ shell, options }: Context): Promise<string> {
  const file = await findConfig({ ...shell, flag: options.config })
  if (file !== undefined) return file
  throw new GatewayError('usage_invalid', {
    problem: 'There is no configuration to change yet',
    remedy: 'Write one with `gantry add NAME -- COMMAND`, or name one with --config FILE.',
  })
}
