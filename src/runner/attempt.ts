import type { LlmProgram } from '../contract/llm.ts'
import type { Environment } from '../processes/environment.ts'
import type { Processes } from '../processes/processes.ts'
import type { EventReader, LlmEvent } from './events/event.ts'
import type { Wrap } from './sandbox/sandbox.ts'
import type { Attempt } from './verdict.ts'
import { hear, nothingTold } from './verdict.ts'
import { watchAttempt } from './watch.ts'
import type { Watch } from './watch.ts'

export interface AttemptSpec {
  readonly program: LlmProgram
  readonly words: readonly string[]
  readonly env: Environment
  readonly cwd: string
  /** What it is held by. */
  readonly wrap: Wrap | undefined
  readonly input: string
  readonly reader: EventReader
  /** How long it may still take. */
  readonly leftMs: number
  readonly signal: AbortSignal
  readonly hear: (event: LlmEvent) => void
  /** Gets everything it prints. */
  readonly keep: (printed: Buffer) => void
}

const stderrLines = 50

/** Starts the program once and listens until nothing of it is left, whatever ends it. */
export async function runAttempt(
  spec: AttemptSpec,
  processes: Pick<Processes, 'spawn'>,
): Promise<Attempt> {
  const { program, words, env, cwd, wrap } = spec
  const [command = '', ...args] = words
  const ears = createEars(spec)
  const tree = await processes.spawn({
    name: program.name,
    command,
    args,
    env,
    cwd,
    wrap,
    limits: program.limits,
    onStderr: ears.stderr,
  })
  const watch = watchAttempt(spec, () => void tree.stop(0))
  ears.begin(watch)
  tree.stdout.on('data', ears.stdout)
  // Nothing is written to a program that takes its prompt as an argument.
  tree.stdin.end(program.promptVia === 'stdin' ? spec.input : '')
  try {
    const { code, signal, reason } = await tree.gone
    ears.end()
    const stderr = tree.stderrTail(stderrLines)
    return { endedBy: watch.endedBy(), code, signal, reason, stderr, told: ears.told() }
  } finally {
    watch.end()
  }
}

/** Reads both outputs of a program, as far as they may go. */
function createEars({ program, reader, hear: tell, keep }: AttemptSpec) {
  let told = nothingTold
  let printedBytes = 0
  let watch: Watch | undefined

  function take(events: readonly LlmEvent[]): void {
    for (const event of events) {
      told = hear(told, event)
      watch?.heard(event)
      tell(event)
    }
  }

  return {
    begin: (begun: Watch) => void (watch = begun),
    stdout: (chunk: Buffer) => {
      watch?.alive()
      if (printedBytes > program.outputBytes) return
      printedBytes += chunk.length
      keep(chunk)
      take(reader.push(chunk))
      if (printedBytes > program.outputBytes) watch?.stop('output_limit')
    },
    stderr: (line: string) => {
      watch?.alive()
      keep(Buffer.from(`! ${line}\n`))
      take(reader.stderr(line))
    },
    end: () => take(reader.end()),
    told: () => told,
  }
}
