import { GatewayError } from '../../../contract/gateway-error.ts'
import { loadConfig } from '../../config/load.ts'
import { findListening, isSameFile } from '../link/open.ts'
import { printFailure } from '../print/failure.ts'
import { plainLine } from '../print/plain.ts'
import type { Context } from '../shell.ts'

export interface Edit {
  readonly file: string
  readonly name: string
  /** "Added", "Removed" … */
  readonly done: string
}

/** Says what was done, whether the file can be used, and whether a running gateway has yet to see it. */
export async function afterEdit({ shell, options }: Context, edit: Edit): Promise<void> {
  const { file, name, done } = edit
  const { stdout, stderr } = shell
  if (options.json) stdout.write(`${JSON.stringify({ name, file, done: done.toLowerCase() })}\n`)
  else stdout.write(`${done} ${plainLine(name)} in ${file}\n`)
  try {
    const { status } = (await findListening(await loadConfig(file, shell))) ?? {}
    if (!status) return
    const { pid, config } = status
    if (config === null) {
      stderr.write(`A gateway runs without a file (process ${pid}): restart it to use this one.\n`)
    } else if (await isSameFile(config, file)) {
      stderr.write(
        `A gateway runs on this file (process ${pid}): restart it to apply the change.\n`,
      )
    }
  } catch (cause) {
    if (!(cause instanceof GatewayError)) throw cause
    stderr.write(printFailure(cause, { color: false, debug: false }).text)
  }
}
