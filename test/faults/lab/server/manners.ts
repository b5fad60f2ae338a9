import { readFileSync, statSync, watch } from 'node:fs'
import { dirname } from 'node:path'
import type { Step } from '../steps/steps.ts'

export type ServedEra = 'legacy' | 'modern' | 'both'

/** How a fault server behaves towards everybody, whatever the call says. */
export interface Manners {
  readonly era?: ServedEra
  /** Before anything is read. */
  readonly onStart?: readonly Step[]
  /** When bytes have come and before one of them is looked at. */
  readonly onBytes?: readonly Step[]
  /** For each request of a method, of one tool (`tools/call:echo`), or of any (`*`); a call's own script comes first. */
  readonly on?: Readonly<Record<string, readonly Step[]>>
  /** So many tools more. */
  readonly moreTools?: number
  /** What comes after the first page of a list. */
  readonly cursors?: 'none' | 'pages' | 'endless' | 'cyclic'
  /** What ends a line on stdio. */
  readonly lineEnd?: string
  /** What is written before the first line on stdio, in base64. */
  readonly firstBytes?: string
  /** Whether an HTTP answer is plain JSON or an event stream where nothing else decides. */
  readonly answerAs?: 'json' | 'stream'
  /** Whether events have ids, and a stream can be taken up again; `repeated`: then all of it comes once more. */
  readonly eventIds?: boolean | 'repeated'
  /** Whether a legacy HTTP server keeps sessions. */
  readonly sessions?: boolean
  /** Ignores SIGTERM, SIGINT and the end of stdin. */
  readonly isStubborn?: boolean
  /** Done once by every process that runs when its number grows. */
  readonly command?: { readonly number: number; readonly steps: readonly Step[] }
}

export interface ControlledManners {
  /** As the control file says at this moment. */
  now(): Manners
  /** Calls back for each command that comes after the start. */
  onCommand(run: (steps: readonly Step[]) => void): void
}

/** Manners that a file decides while the server runs; `first` holds where the file says nothing. */
export function readManners(file: string | undefined, first: Manners): ControlledManners {
  if (file === undefined) return { now: () => first, onCommand: () => undefined }
  let stamp = ''
  let manners = first
  const refresh = (): Manners => {
    const found = stampOf(file)
    if (found === stamp) return manners
    stamp = found
    if (found !== '') manners = { ...first, ...JSON.parse(readFileSync(file, 'utf8')) }
    return manners
  }
  return {
    now: refresh,
    onCommand(run) {
      let done = refresh().command?.number ?? 0
      watch(dirname(file), () => {
        const { command } = refresh()
        if (!command || command.number <= done) return
        done = command.number
        run(command.steps)
      }).unref()
    },
  }
}

function stampOf(file: string): string {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
  return stat ? `${stat.ino} ${stat.mtimeNs} ${stat.size}` : ''
}
