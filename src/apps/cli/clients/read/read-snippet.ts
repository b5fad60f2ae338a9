import { GatewayError } from '../../../../contract/gateway-error.ts'
import { entryFromWords, splitLine } from './command-line.ts'
import { guessEntries } from './find-entries.ts'
import type { FoundEntry } from './find-entries.ts'
import { parseClientFile } from './parse-client-file.ts'
import type { Format } from '../client.ts'

/**
 * The servers in a text somebody pasted: a file of any client, a part of one as documentation shows it, with
 * comments and without its outer braces, or a command line.
 */
export async function readSnippet(
  text: string,
  file: string,
  format?: Format,
): Promise<readonly FoundEntry[]> {
  const content = withoutFence(text)
  const found =
    format === undefined
      ? await guessFormat(content, file)
      : await parseWhole(content, file, format)
  if (found.length > 0) return found
  throw new GatewayError('client_file_invalid', {
    where: file,
    problem: `no server was found in it: a map of servers under ${known}, or one server with "command" or "url"`,
  })
}

const known = '"mcpServers", "servers", "mcp", "context_servers", "extensions"'

async function guessFormat(content: string, file: string): Promise<readonly FoundEntry[]> {
  const first = firstSign(content)
  if (first === '{') return parseWhole(content, file, 'json')
  if (first === '"') {
    return parseWhole(`{${content.trim().replace(/,$/, '')}\n}`, file, 'json')
  }
  if (/^\s*\[[\w."' -]+\]\s*(?:#.*)?$/m.test(content)) return parseWhole(content, file, 'toml')
  if (first === '[') return parseWhole(content, file, 'json')
  if (/^[\w-]+:\s*(?:#.*)?$/m.test(content)) return parseWhole(content, file, 'yaml')
  if (content.trim() === '') return []
  return [entryFromWords(splitLine(content))]
}

async function parseWhole(
  content: string,
  file: string,
  format: Format,
): Promise<readonly FoundEntry[]> {
  return guessEntries(await parseClientFile(content, file, format))
}

/** The first character that is not of a comment. */
function firstSign(content: string): string | undefined {
  return content.replace(/^(?:\s+|\/\/[^\n]*|\/\*[^]*?\*\/)+/, '')[0]
}

/** The code in the first fence of a Markdown text, else the text. */
function withoutFence(text: string): string {
  const fenced = /^[ \t]*```[^\n]*\n([^]*?)^[ \t]*```/m.exec(text)
  return fenced?.[1] ?? text
}
