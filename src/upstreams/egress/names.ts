import type { Resolve } from './lookup.ts'

export interface NameTimes {
  /** How long anybody waits for an answer. */
  readonly timeoutMs: number
  /** How long a failure holds before the name is asked for again. */
  readonly failureHoldsMs: number
}

type Answer = ReturnType<Resolve>

/**
 * Asks for a name once for everybody who waits. The system works on few names at once and never gives one up, so a
 * question without an answer is not put a second time.
 */
export function askOnce(resolve: Resolve, { timeoutMs, failureHoldsMs }: NameTimes): Resolve {
  const open = new Map<string, Answer>()
  const given = new Map<string, Answer>()

  function put(key: string, ask: () => Answer): Answer {
    const answer = open.get(key) ?? ask()
    open.set(key, answer)
    const forget = () => void open.delete(key)
    answer.then(forget, forget)
    return answer
  }

  return (hostname, options) => {
    const key = `${hostname} ${options.family ?? 0} ${options.hints ?? 0}`
    const known = given.get(key)
    if (known) return known
    const answer = within(
      timeoutMs,
      put(key, () => resolve(hostname, options)),
    )
    given.set(key, answer)
    const forget = () => void given.delete(key)
    answer.then(forget, () => setTimeout(forget, failureHoldsMs).unref())
    return answer
  }
}

function within(timeoutMs: number, answer: Answer): Answer {
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<Answer>>()
  const timer = setTimeout(
    () => reject(new Error(`no address for its name within ${timeoutMs} ms`)),
    timeoutMs,
  )
  answer.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}
