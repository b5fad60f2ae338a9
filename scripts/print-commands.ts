import { execFileSync } from 'node:child_process'
import path from 'node:path'

const program = path.resolve(import.meta.dirname, '../src/apps/cli/main.ts')

/** The page of the command line, in Markdown: what the program itself answers to `--help`. */
export function printCommandReference(): string {
  const overview = helpOf([])
  const commands = commandsIn(overview).map((name) =>
    ['', `## \`gantry ${name}\``, '', fenced(helpOf([name]))].join('\n'),
  )
  return `${['# Commands', '', fenced(overview), ...commands].join('\n')}\n`
}

/** Run with its output piped, so that the width of a terminal does not show in the page. */
function helpOf(command: readonly string[]): string {
  const args = [program, ...command, '--help']
  return execFileSync(process.execPath, args, { encoding: 'utf8', stdio: 'pipe' }).trimEnd()
}

function commandsIn(overview: string): string[] {
  const [, list = ''] = overview.split(/^Commands:$/m)
  return [...list.matchAll(/^ {2}(?<name>[a-z]+)\b/gm)]
    .map(({ groups }) => groups?.['name'] ?? '')
    .filter((name) => name !== 'help')
}

function fenced(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``
}
