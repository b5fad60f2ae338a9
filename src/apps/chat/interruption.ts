import { setTimeout } from 'node:timers/promises'

import type { Ui } from './terminal/ui.ts'

const patienceMs = 1000

/** Work that the person can end. */
export interface Interruption {
  /** As Ctrl-C does: the first time it ends the work under way, the second time the chat. */
  readonly interrupt: () => void
  /** Whether the work came to its end; what failed for another reason is thrown. */
  readonly run: (work: (signal: AbortSignal) => Promise<void>) => Promise<boolean>
}

export interface InterruptionOptions {
  readonly ui: Ui
  /** Ends the chat. */
  readonly leave: () => void
  /** Aborted when the chat ends. */
  readonly signal: AbortSignal
}

export function createInterruption(options: InterruptionOptions): Interruption {
  const { ui, leave, signal } = options
  let stopping = new AbortController()

  function interrupt(): void {
    if (stopping.signal.aborted) leave()
    stopping.abort()
  }

  return {
    interrupt,
    async run(work) {
      stopping = new AbortController()
      const ends = AbortSignal.any([stopping.signal, signal])
      const left = Promise.withResolvers<void>()
      // What was said so far is still to be kept.
      const end = (): void => left.resolve(setTimeout(patienceMs, undefined, { ref: false }))
      using _ = ui.listen(({ ctrl, name }) => {
        if (ctrl && name === 'c') interrupt()
      })
      signal.addEventListener('abort', end, { once: true })
      try {
        await Promise.race([work(ends), left.promise])
      } catch (cause) {
        if (!ends.aborted) throw cause
        ui.show([])
        ui.print(ui.ink.dim('Interrupted.'))
      } finally {
        signal.removeEventListener('abort', end)
        ui.show([])
      }
      return !ends.aborted
    },
  }
}
