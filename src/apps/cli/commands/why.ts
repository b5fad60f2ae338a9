import pc from 'picocolors'

import { Why } from '../../../contract/why.ts'
import type { WhyReason } from '../../../contract/why.ts'
import { askJson } from '../link/http.ts'
import { findGateway, keyOf } from '../link/open.ts'
import { plainLine } from '../print/plain.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

export interface Asked {
  readonly principal: string
  readonly tool: string
}

/** Says why somebody sees a tool or does not, and what becomes of a call. */
export async function why(context: Context, asked: Asked): Promise<ExitCode> {
  const { shell, options } = context
  const told = await find(context, asked)
  if (options.json) {
    shell.stdout.write(`${JSON.stringify(told, null, 2)}\n`)
    return exitCodes.done
  }
  const color = options.color && shell.stdout.isTerminal
  shell.stdout.write(`${conclusion(told)}\n`)
  for (const reason of told.reasons) shell.stdout.write(printReason(reason, color))
  if (told.profiles.length > 0)
    shell.stdout.write(`  shown in the profiles ${told.profiles.join(', ')}\n`)
  return exitCodes.done
}

async function find(context: Context, { principal, tool }: Asked): Promise<Why> {
  const found = await findGateway(context)
  const signal = context.shell.interrupted()
  if ('base' in found) {
    const url = new URL('api/why', found.base)
    url.search = new URLSearchParams({ principal, tool }).toString()
    return askJson({ method: 'GET', url, key: keyOf(context), signal }, Why)
  }
  const { explainLocally } = await import('../../gateway/explain.ts')
  return explainLocally(found.loaded, { principal, tool })
}

const conclusions = {
  allow: 'may call',
  ask: 'sees, and may call only with approval,',
  deny: 'sees, and may not call,',
}

function conclusion({ principal, server, tool, visible, decision, shown_as: shown }: Why): string {
  const name = plainLine(`${server}/${tool}`)
  const who = plainLine(principal)
  if (!visible) return `${who} does not see ${name}: to them it does not exist.`
  const as = shown === undefined || shown === tool ? '' : ` as ${plainLine(shown)}`
  return `${who} ${conclusions[decision]} ${name}${as}.`
}

function printReason({ ok, about, detail, remedy }: WhyReason, color: boolean): string {
  const { green, red, dim } = pc.createColors(color)
  const mark = ok ? green('ok') : red('no')
  const line = `  ${mark}  ${about.padEnd(9)}  ${plainLine(detail)}\n`
  return remedy === undefined ? line : `${line}      ${dim('→')} ${plainLine(remedy)}\n`
}
