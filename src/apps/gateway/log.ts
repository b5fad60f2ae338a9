import { createRequire } from 'node:module'
import type { Facts, Log } from '../../core/observe/log.ts'
import type { LoadedConfig } from '../config/load.ts'
import { cleanFacts } from './log-facts.ts'
import { createClean } from './log-mask.ts'
import { secretsIn } from './log-secrets.ts'
import { printLine } from './log-text.ts'

/** The gateway's log on stderr; what it writes last is written when the process exits. */
export interface GatewayLog extends Log {
  /** Masks the secrets of this configuration from now on, as well as those of the ones before. */
  learn(loaded: LoadedConfig): void
  /** Learns its secrets and uses its settings. */
  use(loaded: LoadedConfig): void
  /** Masks a secret that came while the gateway runs, until many newer ones have come. */
  keepSecret(secret: string): void
  /** Masks the secrets of the configuration in a text that is shown elsewhere. */
  hide(text: string): string
}

/** Where whole lines go. */
export interface LineOutput {
  write(line: string): unknown
}

export interface LogOptions {
  readonly isTerminal: boolean
  /** Left out: stderr. */
  readonly output?: LineOutput
}

/** Tokens end by themselves; those that came before so many others have. */
const passingSecrets = 1024

const levels = ['debug', 'info', 'warn', 'error'] as const
type Level = (typeof levels)[number]

export function createLog(loaded: LoadedConfig, options: LogOptions): GatewayLog {
  const secrets = new Set<string>()
  const passing = new Set<string>()
  let clean = createClean([])
  let least = 0
  let isText = false
  let writer: Writer | undefined

  function learn(next: LoadedConfig): void {
    for (const secret of secretsIn(next)) secrets.add(secret)
    clean = createClean(secrets.union(passing))
  }

  function keepSecret(secret: string): void {
    const [oldest] = passing
    if (passing.size >= passingSecrets && oldest !== undefined) passing.delete(oldest)
    passing.add(secret)
    clean = createClean(secrets.union(passing))
  }

  function use(next: LoadedConfig): void {
    const { level, format } = next.config.log
    least = level === 'silent' ? levels.length : levels.indexOf(level)
    isText = format === 'text' || (format === 'auto' && options.isTerminal)
    learn(next)
  }

  function opened(): Writer {
    try {
      return (writer ??= openWriter(options.output ?? openStderr(), () => isText))
    } catch {
      return plainWriter(() => isText)
    }
  }

  function write(level: Level, event: string, facts: Facts = {}): void {
    if (levels.indexOf(level) < least) return
    try {
      opened()[level]({ event: clean(event), ...cleanFacts(facts, clean) })
    } catch {
      // A line that cannot be written must not end the call it is about.
    }
  }

  use(loaded)
  return {
    learn,
    keepSecret,
    use,
    hide: (text) => clean.hide(text),
    debug: (event, facts) => write('debug', event, facts),
    info: (event, facts) => write('info', event, facts),
    warn: (event, facts) => write('warn', event, facts),
    error: (event, facts) => write('error', event, facts),
  }
}

type Writer = Readonly<Record<Level, (line: Facts) => void>>

// Loading it takes longer than all that a start writes: who writes nothing does without.
const loadPino = (): typeof import('pino') => createRequire(import.meta.url)('pino')

function openWriter(output: LineOutput, isText: () => boolean): Writer {
  const { pino } = loadPino()
  return pino(
    {
      level: 'debug',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => output.write(isText() ? printLine(line) : line) },
  )
}

/** For as long as the real one cannot be loaded, which it cannot while no file descriptor is left. */
function plainWriter(isText: () => boolean): Writer {
  const at = (level: Level) => (facts: Facts) => {
    const line = `${JSON.stringify({ level, time: new Date().toISOString(), ...facts })}\n`
    process.stderr.write(isText() ? printLine(line) : line)
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** Lines wait for a slow reader up to this; more are lost rather than kept or waited for. */
const backlogBytes = 1024 * 1024

function openStderr(): LineOutput {
  const output = loadPino().destination({ dest: 2, sync: false, maxLength: backlogBytes })
  // Nobody reads any more: there is nowhere left to say so.
  output.on('error', () => {})
  return output
}
