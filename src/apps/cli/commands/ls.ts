import pc from 'picocolors'

import type { ServerState, ServerStatus } from '../../../contract/status.ts'
import { openLink } from '../link/open.ts'
import { plainLine } from '../print/plain.ts'
import { table } from '../print/table.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

/** Lists the servers and how they are doing. */
export async function ls(context: Context): Promise<ExitCode> {
  const { shell, options } = context
  await using link = await openLink(context)
  const servers = await link.servers()
  if (options.json) {
    shell.stdout.write(`${JSON.stringify(servers, null, 2)}\n`)
  } else if (servers.length === 0) {
    shell.stderr.write('No servers yet. Add one: gantry add NAME -- COMMAND ARGUMENTS\n')
  } else {
    const painted = options.color && shell.stdout.isTerminal
    shell.stdout.write(paintStates(table(servers.map(row)), painted))
    shell.stdout.write(servers.flatMap(leftOutLines).join(''))
  }
  return exitCodes.done
}

function row(server: ServerStatus): string[] {
  const { state, name, transport, tools, prompts, resources } = server
  const counts = [count(tools, 'tool'), count(prompts, 'prompt'), count(resources, 'resource')]
  return [state, plainLine(name), transport, counts.filter(Boolean).join(', '), note(server)]
}

/** What a person has to know of it: why it is as it is, and what happens next. */
function note(server: ServerStatus): string {
  const { reason, started_ms: startedMs, next_attempt_ms: nextMs, breaker } = server
  const { queued = 0, waiting = 0 } = server
  const started = startedMs === undefined ? '' : `started in ${seconds(startedMs)}`
  const parts = [
    reason === undefined ? started : plainLine(reason),
    nextMs === undefined ? '' : `next attempt in ${seconds(nextMs)}`,
    breaker === 'open' ? 'calls are held back because too many failed' : '',
    breaker === 'half_open' ? 'it is being tried again after too many failures' : '',
    waiting > 0 ? `${count(waiting, 'tool')} changed: gantry approve` : '',
    queued > 0 ? `${queued} calls wait` : '',
  ]
  return parts.filter(Boolean).join('; ')
}

/** What is not shown of it, each with its reason. */
function leftOutLines(server: ServerStatus): string[] {
  const { name, left_out: some = [], left_out_count: all = 0 } = server
  const shown = some.slice(0, shownLeftOut)
  const lines = shown.map(
    (one) =>
      `  ${plainLine(name)}: "${plainLine(one.name)}" is left out: ${plainLine(one.reason)}\n`,
  )
  const more = all - shown.length
  return more > 0 ? [...lines, `  ${plainLine(name)}: ${more} more are left out\n`] : lines
}

const shownLeftOut = 10

function count(number: number, noun: string): string {
  if (number === 0) return ''
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** Colour comes after the columns are laid out, since it has no width. */
function paintStates(text: string, painted: boolean): string {
  const { green, yellow, red, dim } = pc.createColors(painted)
  const paint: Record<ServerState, (word: string) => string> = {
    ready: green,
    starting: yellow,
    draining: yellow,
    backoff: yellow,
    stopped: dim,
    disabled: dim,
    failed: red,
  }
  return text.replace(/^[a-z]+\b/gm, (word) => {
    const state = Object.entries(paint).find(([name]) => name === word)
    return state ? state[1](word) : word
  })
}
