/** Passes on so many lines a second and tells how many more there were. */
export interface LineRate {
  readonly push: (line: string) => void
  /** Nothing follows: what was left out until now is told at once. */
  readonly end: () => void
}

const perSecond = 100
const windowMs = 1000

export function createLineRate(onLine: (line: string) => void): LineRate {
  let passed = 0
  let leftOut = 0
  let timer: NodeJS.Timeout | undefined

  function openWindow(): void {
    timer = undefined
    passed = 0
    if (leftOut > 0) onLine(`${leftOut} ${leftOut === 1 ? 'line' : 'lines'} left out`)
    leftOut = 0
  }

  return {
    push(line) {
      timer ??= setTimeout(openWindow, windowMs).unref()
      if (passed >= perSecond) {
        leftOut += 1
        return
      }
      passed += 1
      onLine(line)
    },
    end() {
      clearTimeout(timer)
      openWindow()
    },
  }
}
