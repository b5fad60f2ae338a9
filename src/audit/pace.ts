/** When to write: soon, with whatever comes until then, or at the end of this turn. */
export interface Pace extends Disposable {
  after(delayMs: number): void
  next(): void
}

export function createPace(write: () => void): Pace {
  let timer: NodeJS.Timeout | undefined
  let isNext = false

  return {
    after(delayMs) {
      timer ??= setTimeout(() => {
        timer = undefined
        write()
      }, delayMs).unref()
    },
    next() {
      if (isNext) return
      isNext = true
      setImmediate(() => {
        isNext = false
        write()
      })
    },
    [Symbol.dispose]() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
