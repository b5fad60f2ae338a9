import type { Surroundings } from '../../contract/config/expand.ts'
import type { Problem } from '../../contract/config/problem.ts'
import { printPath } from '../../contract/config/problem.ts'
import { readConfig } from '../../contract/config/read.ts'
import type { Reading } from '../../contract/config/read.ts'
import type { Config } from '../../contract/config.ts'
import { isRecord } from '../../kit/is-record.ts'
import { invalid, parseDocument, positionOf } from './document.ts'
import type { JsonDocument } from './document.ts'

export interface ParsedConfig {
  readonly config: Config
  /** One line each: where, what was kept out, and why. */
  readonly warnings: readonly string[]
  /** By native path in JSON: the text as written where something was expanded. */
  readonly expanded: ReadonlyMap<string, string>
}

export interface ParseOptions extends Surroundings {
  /** Named in errors and warnings. */
  readonly file: string
  /** Whether a file of that name exists: only then may a command hold a space. */
  readonly exists: (path: string) => boolean
  /** The one part of the file that is read; what the others need may not be there. */
  readonly only?: 'llm' | undefined
}

/** Turns the text of a configuration file into what the gateway runs on, or says all that is wrong. */
export function parseConfig(text: string, options: ParseOptions): ParsedConfig {
  const { file, only } = options
  const document = parseDocument(text, file)
  const written = only === undefined ? document.value : part(document.value, only)
  const reading = readConfig(written, options, document.sourceText)
  const problems = [...reading.problems, ...commandProblems(reading, options)]
  if (!reading.config || problems.length > 0) {
    throw invalid(
      file,
      text,
      problems.map((problem) => place(problem, document)),
    )
  }
  const { config, expanded } = reading
  return {
    config: { ...config, servers: inFileOrder(config.servers, reading, document) },
    expanded,
    warnings: reading.warnings.map((warning) => {
      const { offset, problem } = place(warning, document)
      const { line, column } = positionOf(text, offset)
      return `${file}:${line}:${column}: ${problem}`
    }),
  }
}

function part(written: unknown, key: string): unknown {
  return isRecord(written) && Object.hasOwn(written, key) ? { [key]: written[key] } : {}
}

function place({ path, problem, onKey = false }: Problem, document: JsonDocument) {
  return { offset: document.offsetOf(path, onKey), problem }
}

/** A shell would split `npx -y foo`; no shell reads this. */
function commandProblems(reading: Reading, { exists }: ParseOptions): Problem[] {
  return (reading.config?.servers ?? []).flatMap((server) => {
    if (server.transport !== 'stdio' || !/\s/.test(server.command)) return []
    if (exists(server.command)) return []
    const native = ['servers', server.name, 'command']
    const path = reading.origin(native)
    const problem = `${printPath(path)} holds a space and no file has that name: write only the program there and put the rest into "args"`
    return [{ path, problem }]
  })
}

/** Objects put keys that look like numbers first. */
function inFileOrder(
  servers: Config['servers'],
  { origin }: Reading,
  { offsetOf }: JsonDocument,
): Config['servers'] {
  const placed = servers.map((server) => ({
    server,
    offset: offsetOf(origin(['servers', server.name]), true),
  }))
  return placed.toSorted((a, b) => a.offset - b.offset).map(({ server }) => server)
}
