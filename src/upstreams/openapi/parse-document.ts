import { isRecord } from '../../kit/is-record.ts'
import { DocumentProblem, problemAt } from './problem.ts'

export type Values = Readonly<Record<string, unknown>>

const depthLimit = 100
const valueLimit = 2_000_000
/** Reading YAML takes many times as long as JSON, and nothing else runs meanwhile. */
const yamlLimit = 1024 * 1024

/** The document in a text, which is JSON or YAML; throws `DocumentProblem` when it is no OpenAPI 3.0 or 3.1. */
export async function parseDocument(text: string): Promise<Values> {
  const value = /^\s*\{/.test(text) ? parseJson(text) : await parseYaml(text)
  checkSize(value)
  if (!isRecord(value)) throw new DocumentProblem('it holds no object')
  checkVersion(value)
  if (value['paths'] !== undefined && !isRecord(value['paths']))
    throw problemAt('paths', 'it is no object')
  return value
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // What the text says there stays out: it may be something else than was meant to be read.
    const [, place = ''] = /\((line \d+ column \d+)\)$/.exec(String(cause)) ?? []
    throw new DocumentProblem(`it is not valid JSON${place && `, see ${place}`}`, { cause })
  }
}

async function parseYaml(text: string): Promise<unknown> {
  if (text.length > yamlLimit)
    throw new DocumentProblem(
      `it is YAML of more than ${yamlLimit} characters: give the same document as JSON`,
    )
  const yaml = await import('yaml')
  const document = yaml.parseDocument(text, { uniqueKeys: true, logLevel: 'silent' })
  const [error] = document.errors
  if (error) throw new DocumentProblem(`it is not valid YAML: ${firstLine(error.message)}`)
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new DocumentProblem(`it is not valid YAML: ${firstLine(said)}`, { cause })
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0]?.replace(/:$/, '') ?? ''
}

function checkVersion(value: Values): void {
  const { openapi, swagger } = value
  if (typeof swagger === 'string')
    throw problemAt('swagger', `it is Swagger ${swagger}: convert it to OpenAPI 3`)
  if (openapi === undefined)
    throw new DocumentProblem('it has no "openapi": it is no OpenAPI document')
  if (typeof openapi !== 'string' || !/^3\.[01](?:\.|$)/.test(openapi))
    throw problemAt('openapi', `it is ${JSON.stringify(openapi)}: only 3.0 and 3.1 are known here`)
}

/** Aliases of YAML can make a small text a large tree, or one without an end. */
function checkSize(root: unknown): void {
  let count = 0
  function visit(value: unknown, depth: number): void {
    if (++count > valueLimit) throw new DocumentProblem(`it holds more than ${valueLimit} values`)
    if (typeof value !== 'object' || value === null) return
    if (depth === depthLimit) throw new DocumentProblem(`it nests deeper than ${depthLimit} levels`)
    for (const inner of Array.isArray(value) ? value : Object.values(value)) visit(inner, depth + 1)
  }
  visit(root, 0)
}
