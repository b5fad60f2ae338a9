import { stampOf } from '../config/stamp.ts'

export interface WatchOptions {
  /** The stamp of what was read last; a file that is different by the time it is watched has changed. */
  readonly known?: string | undefined
  /** The file is another one, and whoever writes it has finished. */
  readonly onChange: () => void
  /** The file cannot be looked at. */
  readonly onFault: (error: unknown) => void
  readonly pauseMs?: number
}

/** Whoever replaces a file by deleting it first makes it again sooner than after so many looks. */
const goneLooks = 6

/**
 * Looks at one file every now and then. Asking the system to tell costs more memory than the rest of a small
 * gateway's watching, and misses what editors, links and mounted volumes do to a file; a look misses nothing.
 */
export function watchConfig(file: string, options: WatchOptions): Disposable {
  const { onChange, onFault, pauseMs = 300 } = options
  let seen = options.known
  let isFirst = seen === undefined
  let candidate: string | undefined
  let looksInVain = 0
  let isLooking = false
  let isFaulty = false
  let isOver = false

  /** What counts is what is there, seen the same twice: then whoever writes it has finished. */
  async function look(): Promise<void> {
    const stamp = await stampOf(file)
    isFaulty = false
    if (isFirst) seen = stamp
    isFirst = false
    looksInVain = stamp === undefined ? looksInVain + 1 : 0
    const isSettled = stamp === undefined ? looksInVain >= goneLooks : stamp === candidate
    candidate = stamp
    if (isOver || !isSettled || stamp === seen) return
    seen = stamp
    onChange()
  }

  function turn(): void {
    if (isLooking) return
    isLooking = true
    look()
      .catch((error: unknown) => {
        // Said once, however long it lasts.
        if (!isFaulty) onFault(error)
        isFaulty = true
      })
      .finally(() => {
        isLooking = false
      })
  }

  turn()
  const timer = setInterval(turn, pauseMs).unref()
  return {
    [Symbol.dispose]() {
      isOver = true
      clearInterval(timer)
    },
  }
}
