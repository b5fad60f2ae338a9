import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'

import { GatewayError } from '../../../contract/gateway-error.ts'
import { isRecord } from '../../../kit/is-record.ts'
import { argumentsJson, checkArgumentsJson } from '../arguments.ts'
import { readCallExpression } from '../call-expression.ts'
import { findTool, listTools } from '../catalog.ts'
import type { Tool } from '../catalog.ts'
import { callWithConsent } from '../consent.ts'
import { mirroredHeaders } from '../link/mirrored.ts'
import { openLink } from '../link/open.ts'
import { printResult } from '../print/content.ts'
import { plainLine } from '../print/plain.ts'
import { progressLine } from '../print/progress.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode, Shell } from '../shell.ts'

export interface Calling {
  readonly name: string
  readonly pairs: readonly string[]
  /** All arguments as one JSON text, `@file`, or `-` for standard input. */
  readonly args?: string | undefined
  /** Where files of the result go. */
  readonly out?: string | undefined
}

/** Calls a tool and prints what it gives. */
export async function call(context: Context, asked: Calling): Promise<ExitCode> {
  const { shell, options } = context
  const calling = withExpression(asked)
  if (calling.args !== undefined && calling.pairs.length > 0) {
    throw usage('Arguments are given twice', 'Use either key=value or --args JSON.')
  }
  const given = calling.args === undefined ? undefined : await argsText(calling.args, shell)
  await using link = await openLink(context)
  const signal = shell.interrupted()
  const tool = findTool(await listTools(link, signal), calling.name)
  const json =
    given === undefined
      ? await typedArguments(tool, calling.pairs, shell)
      : checkArgumentsJson(tool, given)
  const progress = progressLine(shell.stderr)
  const members = `"name":${JSON.stringify(tool.name)},"arguments":${json}`
  const mirrored = mirroredHeaders(tool.inputSchema, json)
  const how = { signal, mirrored, onNotification: progress.notify }
  const asking = { link, shell, members, argumentsJson: json, options: how }
  const result = await callWithConsent(asking).finally(progress.end)
  checkComplete(result, tool.name)
  const isError = isRecord(result) && result['isError'] === true
  if (options.json) {
    shell.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
  } else {
    if (isError) shell.stderr.write(`${plainLine(tool.name)} reported an error:\n`)
    const output = isError ? shell.stderr : shell.stdout
    const folder = resolve(shell.cwd, calling.out ?? '.')
    await printResult(result, { output, folder, stem: tool.name })
  }
  return isError ? exitCodes.failed : exitCodes.done
}

function withExpression(asked: Calling): Calling {
  const { name, pairs } = readCallExpression(asked.name) ?? { name: asked.name, pairs: [] }
  return { ...asked, name, pairs: [...pairs, ...asked.pairs] }
}

function typedArguments(tool: Tool, pairs: readonly string[], shell: Shell): Promise<string> {
  return argumentsJson(tool, pairs, {
    readFile: (path) => readArgumentFile(resolve(shell.cwd, path)),
    note: (text) => shell.stderr.write(`${plainLine(text)}\n`),
  })
}

async function argsText(written: string, shell: Shell): Promise<string> {
  if (written === '-') return shell.readStdin()
  if (!written.startsWith('@')) return written
  return Buffer.from(await readArgumentFile(resolve(shell.cwd, written.slice(1)))).toString('utf8')
}

async function readArgumentFile(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw usage(`${path} cannot be read: ${reason}`, 'Write @@ for a value that begins with "@".')
  })
}

/** Questions back need a person's answer in a form that the command line does not have. */
function checkComplete(result: unknown, tool: string): void {
  if (!isRecord(result) || result['resultType'] !== 'input_required') return
  const requests = isRecord(result['inputRequests']) ? Object.values(result['inputRequests']) : []
  const [first] = requests.filter(isRecord)
  const method = typeof first?.['method'] === 'string' ? first['method'] : 'for input'
  throw new GatewayError('question_refused', {
    method,
    reason: `${tool} was called from the command line`,
  })
}

function usage(problem: string, remedy: string): GatewayError {
  return new GatewayError('usage_invalid', { problem, remedy })
}
