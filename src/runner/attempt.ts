import type { LlmProgram } from '../contract/llm.ts'
import type { ChildTree } from '../processes/child-tree.ts'
import type { Environment } from '../processes/environment.ts'
import type { Processes } from '../processes/processes.ts'
import type { EventReader, LlmEvent } from './events/event.ts'
import type { Attempt, EndedBy } from './verdict.ts'
import { hear, nothingTold } from './verdict.ts'

export interface AttemptSpec {
  readonly program: LlmProgram
  readonly words: readonly string[]
  readonly env: Environment
  readonly cwd: string
  readonly input: string
  readonly reader: EventReader
  /** How long it may still take. */
  readonly leftMs: number
  readonly signal: AbortSignal
  readonly hear: (event: LlmEvent) => void
  /** Gets everything it prints. */
  readonly keep: (printed: Buffer) => void
}

/** What a program may take to end that has given its answer. */
const lingerMs = 10_000
const stderrLines = 50

/** Starts the program once and listens until nothing of it is left, whatever ends it. */
export async function runAttempt(
  spec: AttemptSpec,
  processes: Pick<Processes, 'spawn'>,
): Promise<Attempt> {
  const { program, words, env, cwd } = spec
  const [command = '', ...args] = words
  const ears = createEars(spec)
  const tree = await processes.spawn({
    name: program.name,
    command,
    args,
    env,
    cwd,
    limits: program.limits,
    onStderr: ears.stderr,
  })
  const watch = watchAttempt(spec, tree)
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

interface Watch {
  /** It has printed something. */
  readonly alive: () => void
  /** It has said something. */
  readonly heard: (event: LlmEvent) => void
  readonly stop: (why: EndedBy) => void
  readonly endedBy: () => EndedBy | undefined
  readonly end: () => void
}

/** Ends the program when it takes too long or is not wanted any more; the first reason counts. */
function watchAttempt({ program, leftMs, signal }: AttemptSpec, tree: ChildTree): Watch {
  const startedAt = performance.now()
  let endedBy: EndedBy | undefined
  let aliveAt = startedAt
  let linger: NodeJS.Timeout | undefined

  function stop(why: EndedBy): void {
    endedBy ??= why
    void tree.stop(0)
  }

  function lookWhetherIdle(): void {
    const restMs = aliveAt + program.idleTimeoutMs - performance.now()
    if (restMs <= 0) stop('idle_timeout')
    else idle = setTimeout(lookWhetherIdle, restMs)
  }

  let idle = setTimeout(lookWhetherIdle, program.idleTimeoutMs)
  const wall = setTimeout(() => stop('timeout'), leftMs)
  const cancel = () => stop('cancelled')
  signal.addEventListener('abort', cancel, { once: true })
  if (signal.aborted) cancel()

  return {
    stop,
    alive: () => void (aliveAt = performance.now()),
    heard(event) {
      clearTimeout(linger)
      if (event.kind === 'final') linger = setTimeout(() => stop('lingering'), lingerMs)
      const isHopeless =
        event.kind === 'retry' &&
        event.delayMs !== undefined &&
        event.delayMs >= leftMs - (performance.now() - startedAt)
      if (isHopeless) stop('patience')
    },
    endedBy: () => endedBy,
    end() {
      for (const timer of [idle, wall, linger]) clearTimeout(timer)
      signal.removeEventListener('abort', cancel)
    },
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
