import { printDiff } from '../../../contract/config/print-diff.ts'
import { GatewayError } from '../../../contract/gateway-error.ts'
import { ReloadResult } from '../../../contract/status.ts'
import { isRecord } from '../../../kit/is-record.ts'
import { RpcError } from '../link.ts'
import { askJson } from '../link/http.ts'
import { findGateway, keyOf, listenUrl } from '../link/open.ts'
import { paintDiff } from '../print/diff.ts'
import { plainLine } from '../print/plain.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

/** Has the running gateway read its configuration anew, and says what came of it. */
export async function reload(context: Context): Promise<ExitCode> {
  const { shell, options } = context
  const result = await askReload(context, await runningBase(context))
  if (options.json) {
    shell.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
    return exitCodes.done
  }
  shell.stdout.write(paintDiff(printDiff(result.applied), context))
  for (const { name, state, reason } of result.servers) {
    const why = reason === undefined ? '' : `: ${plainLine(reason)}`
    shell.stdout.write(`  ${plainLine(name)} is ${state}${why}\n`)
  }
  return exitCodes.done
}

async function runningBase(context: Context): Promise<URL> {
  const found = await findGateway(context)
  if ('base' in found) return found.base
  const { origin } = listenUrl(found.loaded.config)
  const reason = 'none runs on this configuration there'
  throw new GatewayError('gateway_unreachable', { url: origin, reason })
}

async function askReload(context: Context, base: URL): Promise<ReloadResult> {
  const url = new URL('api/config/reload', base)
  try {
    const signal = context.shell.interrupted()
    return await askJson({ method: 'POST', url, key: keyOf(context), signal }, ReloadResult)
  } catch (cause) {
    throw cause instanceof RpcError ? withAssurance(cause) : cause
  }
}

const assurance = 'The old configuration keeps running.'

/** Whoever reads that something was refused asks first what is running now. */
function withAssurance(error: RpcError): RpcError {
  const data = isRecord(error.data) ? error.data : {}
  const { remedy } = data
  if (typeof remedy === 'string' && remedy.includes(assurance)) return error
  const whole = typeof remedy === 'string' ? `${assurance} ${remedy}` : assurance
  return new RpcError(error.code, error.message, { ...data, remedy: whole })
}
