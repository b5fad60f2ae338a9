import type { Credentials } from '../../core/sign-in/credentials.ts'
import type { TokenKeeper } from './token-keeper.ts'

const firstRestMs = 30_000
const longestRestMs = 600_000
const forgottenMs = 3_600_000

/**
 * What one server is shown of a token that others may use as well. A server that refuses a new token, too, costs the
 * token endpoint nothing for a while.
 */
export function createServerCredentials(
  server: string,
  keeper: TokenKeeper,
  now: () => number,
): Credentials {
  let refusals = 0
  let refusedAt = Number.NEGATIVE_INFINITY
  let restsUntil = Number.NEGATIVE_INFINITY

  function giveUp(at: number): void {
    if (at < restsUntil) return
    if (at - refusedAt > forgottenMs) refusals = 0
    restsUntil = at + Math.min(longestRestMs, firstRestMs * 2 ** refusals)
    refusals++
    refusedAt = at
  }

  function retry(): void {
    refusals = 0
    restsUntil = Number.NEGATIVE_INFINITY
    keeper.retry()
  }

  return {
    current: () => keeper.current(),
    obtain: (worn) => keeper.obtain(server, worn),
    refused(pass, isAgain) {
      const at = now()
      if (isAgain) giveUp(at)
      return !isAgain && (keeper.current() !== pass || at >= restsUntil)
    },
    async renew() {
      retry()
      await keeper.renew(server)
    },
    retry,
    get state() {
      return keeper.state
    },
  }
}
