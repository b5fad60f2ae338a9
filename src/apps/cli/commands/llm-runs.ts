import type { RunSummary } from '../../../contract/llm.ts'
import type { z } from 'zod'

import { createPlainFilter } from '../../../kit/plain.ts'
import { plain, plainLine } from '../print/plain.ts'
import { table } from '../print/table.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode, Output } from '../shell.ts'
import { Cancelled, LlmResult, LlmStatus, OneRun, openLlmDesk, RunList } from './llm-desk.ts'

/** Prints which programs there are. */
export async function llmStatus(context: Context): Promise<ExitCode> {
  const { shell } = context
  await using desk = await openLlmDesk(context)
  const signal = shell.interrupted()
  const status = await desk.call('get_llm_status', { args: {}, shape: LlmStatus, signal })
  if (context.options.json) return printJson(shell.stdout, status)
  const rows = Object.entries(status.models).map(([name, { state, version, message }]) => [
    state.replace('_', ' '),
    plainLine(name),
    plainLine([version, message].filter(Boolean).join('  ')),
  ])
  shell.stdout.write(table(rows))
  return exitCodes.done
}

/** Prints the last runs, the newest first. */
export async function llmRuns(context: Context, limit: number): Promise<ExitCode> {
  const { shell } = context
  await using desk = await openLlmDesk(context)
  const signal = shell.interrupted()
  const { runs } = await desk.call('list_llm_runs', { args: { limit }, shape: RunList, signal })
  if (context.options.json) return printJson(shell.stdout, { runs })
  if (runs.length === 0) shell.stderr.write('No program has been run yet.\n')
  shell.stdout.write(table(runs.map(rowOf)))
  return exitCodes.done
}

function rowOf(run: z.infer<typeof RunSummary>): readonly string[] {
  const { run_id: id, state, model, principal = 'local', started_at: began, ended_at: end } = run
  const tookMs = end === undefined ? undefined : Date.parse(end) - Date.parse(began)
  return [
    id,
    state,
    plainLine(model),
    plainLine(principal),
    `${began.slice(0, 19).replace('T', ' ')}${tookMs === undefined ? '' : `  ${(tookMs / 1000).toFixed(1)} s`}`,
  ]
}

/** Prints one run and what came of it. */
export async function showRun(context: Context, id: string, log: boolean): Promise<ExitCode> {
  const { shell } = context
  await using desk = await openLlmDesk(context)
  const asked = { args: { run_id: id, log }, shape: OneRun, signal: shell.interrupted() }
  const run = await desk.call('get_llm_run', asked)
  if (context.options.json) return printJson(shell.stdout, run)
  const { result } = run
  shell.stdout.write(table([rowOf(run)]))
  if (result?.error !== undefined) shell.stdout.write(`${plainLine(result.error)}\n`)
  if (result?.output !== undefined) shell.stdout.write(`\n${plain(result.output)}\n`)
  if (run.log !== undefined) shell.stdout.write(`\n${plain(run.log)}\n`)
  return exitCodes.done
}

/** Ends a run. */
export async function cancelRun(context: Context, id: string): Promise<ExitCode> {
  const { shell } = context
  await using desk = await openLlmDesk(context)
  const signal = shell.interrupted()
  const run = await desk.call('get_llm_run', { args: { run_id: id }, shape: OneRun, signal })
  if (run.ended_at === undefined)
    await desk.call('cancel', { args: { run_id: id }, shape: Cancelled, signal })
  else shell.stderr.write(`${id} had ended already.\n`)
  return exitCodes.done
}

export interface Running {
  readonly program: string
  readonly prompt: string
  readonly model?: string
  readonly session?: string
  readonly timeout?: number
  readonly tools?: true | readonly string[]
  readonly edit?: boolean
  readonly detach?: boolean
}

/** Runs a program, and prints its answer as it comes. */
export async function runLlm(context: Context, running: Running): Promise<ExitCode> {
  const { shell, options } = context
  const prompt = running.prompt === '' ? await shell.readStdin() : running.prompt
  const signal = shell.interrupted()
  await using desk = await openLlmDesk(context)
  const filter = createPlainFilter()
  let heard = ''
  const hear = (piece: string): void => {
    heard += piece
    shell.stdout.write(filter.push(piece))
  }
  const isWhole = running.detach === true || options.json === true
  const result = await desk.call(toolFor(running), {
    args: argumentsOf(running, prompt),
    shape: LlmResult,
    signal,
    ...(!isWhole && { hear }),
  })
  if (options.json) return printJson(shell.stdout, result, result.success)
  if (running.detach === true && result.success) {
    shell.stdout.write(`${result.run_id}\n`)
    return exitCodes.done
  }
  shell.stdout.write(filter.end())
  const { output = '' } = result
  if (output !== heard) shell.stdout.write(plain(heard === '' ? output : `\n${output}`))
  if (output !== '' && !output.endsWith('\n')) shell.stdout.write('\n')
  if (result.success) return exitCodes.done
  shell.stderr.write(`${plainLine(result.error ?? 'it failed')}\n`)
  if (result.remedy !== undefined) shell.stderr.write(`  → ${plainLine(result.remedy)}\n`)
  return exitCodes.failed
}

function toolFor({ session, detach }: Running): string {
  if (session !== undefined) return 'resume_llm'
  return detach === true ? 'execute_llm' : 'stream_llm'
}

function argumentsOf(running: Running, prompt: string): object {
  const { program, model, session, timeout, tools, edit, detach } = running
  return {
    model: program,
    prompt,
    ...(model !== undefined && { model_id: model }),
    ...(session !== undefined && { session_id: session }),
    ...(timeout !== undefined && { timeout }),
    ...(tools !== undefined && { tools: tools === true ? true : { servers: tools } }),
    ...(edit === true && { permission: 'edit' }),
    ...(detach === true && { detach }),
  }
}

function printJson(output: Output, value: unknown, isDone = true): ExitCode {
  output.write(`${JSON.stringify(value, null, 2)}\n`)
  return isDone ? exitCodes.done : exitCodes.failed
}
