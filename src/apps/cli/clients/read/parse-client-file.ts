import { GatewayError, isFailure } from '../../../../contract/gateway-error.ts'
import { parseDocument } from '../../../config/document.ts'
import type { Format } from '../client.ts'

/** Reads a text in a client's format; throws `client_file_invalid` with the place of what is wrong. */
export async function parseClientFile(
  text: string,
  file: string,
  format: Format,
): Promise<unknown> {
  if (text.trim() === '') return {}
  if (format === 'json') return parseJson(text, file)
  return format === 'toml' ? parseToml(text, file) : parseYaml(text, file)
}

/** The failure of a client's file, with the place where there is one. */
export function fileInvalid(
  file: string,
  problem: string,
  place: { readonly line: number; readonly column: number } | undefined,
  cause?: unknown,
): GatewayError<'client_file_invalid'> {
  const where = place === undefined ? file : `${file}:${place.line}:${place.column}`
  return new GatewayError('client_file_invalid', { where, problem }, { cause })
}

function parseJson(text: string, file: string): unknown {
  try {
    return parseDocument(text, file).value
  } catch (cause) {
    if (!isFailure(cause, 'config_invalid')) throw cause
    const { line, column, problem } = cause.data
    throw fileInvalid(file, problem, { line, column }, cause)
  }
}

async function parseToml(text: string, file: string): Promise<unknown> {
  const { parse, TomlError } = await import('smol-toml')
  try {
    return parse(text, { maxDepth: 64 })
  } catch (cause) {
    if (cause instanceof TomlError) {
      const [problem = 'this is not valid TOML'] = cause.message.split('\n')
      throw fileInvalid(file, problem, cause, cause)
    }
    throw tooDeep(file, cause)
  }
}

async function parseYaml(text: string, file: string): Promise<unknown> {
  const { parseDocument: parseYamlDocument } = await import('yaml')
  try {
    const document = parseYamlDocument(text, { prettyErrors: true })
    const [error] = document.errors
    if (error) {
      const [position] = error.linePos ?? []
      const [problem = 'this is not valid YAML'] = error.message.split('\n')
      throw fileInvalid(
        file,
        problem,
        position && { line: position.line, column: position.col },
        error,
      )
    }
    const value: unknown = document.toJS({ maxAliasCount: 100 })
    return value
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    throw tooDeep(file, cause)
  }
}

/** What the parsers of other people throw for a text made to exhaust them. */
function tooDeep(file: string, cause: unknown): GatewayError<'client_file_invalid'> {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return fileInvalid(file, `it cannot be taken apart: ${reason}`, undefined, cause)
}
