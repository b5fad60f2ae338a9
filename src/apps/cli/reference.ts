import { createProgram } from './program.ts'

/** The reference page of the command line, in Markdown, from the commands themselves. */
export function printCliReference(): string {
  const stdout = { isTerminal: false, columns: 80, write: () => {} }
  const program = createProgram({ version: '', stdout }, () => {})
  const commands = program.commands.map((command) =>
    [`## gantry ${command.name()}`, fenced(command.helpInformation())].join('\n\n'),
  )
  return `${['# Command line', fenced(program.helpInformation()), exitCodes, ...commands].join(
    '\n\n',
  )}\n`
}

const exitCodes = `| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | failed: what happened and what to do is on stderr |
| 2 | wrong usage |
| 3 | not reachable: the gateway, or the server behind it |
| 4 | refused by policy |
| 130 | interrupted |

Data goes to stdout, progress and diagnostics to stderr. Colour is left out with \`--no-color\`, with \`NO_COLOR\`, and
when the output is not a terminal.`

function fenced(text: string): string {
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\``
}
