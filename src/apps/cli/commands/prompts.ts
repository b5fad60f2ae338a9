import { GatewayError } from '../../../contract/gateway-error.ts'
import { isRecord } from '../../../kit/is-record.ts'
import { nearest } from '../../../kit/nearest.ts'
import { findPrompt, listPrompts } from '../catalog.ts'
import type { Prompt } from '../catalog.ts'
import { openLink } from '../link/open.ts'
import { printBlock } from '../print/content.ts'
import { plainLine } from '../print/plain.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

export async function prompts(context: Context): Promise<ExitCode> {
  const { shell, options } = context
  await using link = await openLink(context)
  const all = await listPrompts(link, shell.interrupted())
  if (options.json) {
    shell.stdout.write(`${JSON.stringify(all, null, 2)}\n`)
  } else {
    shell.stdout.write(all.map((prompt) => `${line(prompt)}\n`).join(''))
    if (all.length === 0) shell.stderr.write('No prompts are offered.\n')
  }
  return exitCodes.done
}

function line(prompt: Prompt): string {
  const summary = plainLine(prompt.description ?? '')
  return summary === '' ? signature(prompt) : `${signature(prompt)}  ${summary}`
}

function signature({ name, arguments: parameters }: Prompt): string {
  const shown = parameters.map((one) => `${plainLine(one.name)}${one.required ? '' : '?'}`)
  return `${plainLine(name)}(${shown.join(', ')})`
}

export interface Prompting {
  readonly name: string
  readonly pairs: readonly string[]
}

/** Prints the messages of one prompt, each under the role that says it. */
export async function getPrompt(context: Context, { name, pairs }: Prompting): Promise<ExitCode> {
  const { shell, options } = context
  await using link = await openLink(context)
  const signal = shell.interrupted()
  const found = findPrompt(await listPrompts(link, signal), name)
  const params = JSON.stringify({ name, arguments: argumentsOf(found, pairs) })
  const result = await link.request('prompts/get', params, { signal })
  if (options.json) {
    shell.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
    return exitCodes.done
  }
  const messages = isRecord(result) && Array.isArray(result['messages']) ? result['messages'] : []
  for (const message of messages.filter(isRecord)) {
    const { role, content } = message
    shell.stdout.write(`[${plainLine(typeof role === 'string' ? role : 'unknown')}]\n`)
    const target = { output: shell.stdout, folder: shell.cwd, stem: name }
    if (isRecord(content)) await printBlock(content, target)
  }
  return exitCodes.done
}

function argumentsOf(found: Prompt, pairs: readonly string[]): Readonly<Record<string, string>> {
  const known = found.arguments.map(({ name }) => name)
  const given = new Map(pairs.map((pair) => split(pair, found)))
  for (const key of given.keys()) {
    if (known.includes(key)) continue
    const near = nearest(key, known)
    throw usage(
      `${found.name} has no argument named "${key}"`,
      near ? `Did you mean ${near}?` : remedy(found),
    )
  }
  const missing = found.arguments.filter(({ name, required }) => required && !given.has(name))
  if (missing.length > 0) {
    throw usage(
      `${found.name} needs ${missing.map(({ name }) => name).join(' and ')}`,
      remedy(found),
    )
  }
  return Object.fromEntries(given)
}

function split(pair: string, found: Prompt): [string, string] {
  const at = pair.indexOf('=')
  if (at < 1) throw usage(`"${pair}" is not an argument`, remedy(found))
  return [pair.slice(0, at), pair.slice(at + 1)]
}

function remedy(found: Prompt): string {
  return `It takes key=value for each of ${signature(found)}.`
}

function usage(problem: string, told: string): GatewayError {
  return new GatewayError('usage_invalid', { problem, remedy: told })
}
