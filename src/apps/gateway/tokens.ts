import type { TokenBook } from '../../access/credentials/token-book.ts'
import { createTokenBook } from '../../access/credentials/token-book.ts'
import type { Clock } from '../../core/gateway.ts'
import { createTokenRequest } from '../../upstreams/sign-in/ask-token.ts'

/** The tokens for the servers that are signed in to by OAuth; `learned` hears each of them first. */
export function createTokens(clock: Clock, learned: (token: string) => void): TokenBook {
  const { now, later, random } = clock
  return createTokenBook({
    asker: createTokenRequest,
    now,
    later,
    random,
    learned,
  })
}
