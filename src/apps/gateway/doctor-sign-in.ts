import type { ConfiguredServer } from '../../contract/config.ts'
import type { Credentials } from '../../core/sign-in/credentials.ts'
import { systemClock } from './clock.ts'
import { remedyOf } from './doctor-steps.ts'
import type { Steps } from './doctor-steps.ts'
import { createTokens } from './tokens.ts'

/** Gets the token that the server is signed in to with; undefined where it takes none. */
export async function examineSignIn(
  server: ConfiguredServer,
  steps: Steps,
): Promise<Credentials | undefined> {
  const credentials = createTokens(systemClock(), () => {}).of(server)
  if (!credentials) return undefined
  await steps.take({
    step: 'sign-in',
    work: () => awake(credentials.obtain()),
    describe: () => `a token for ${seconds(credentials.state.expiresInMs)}`,
    advise: (error) => remedyOf(error) ?? `Correct \`servers.${server.name}.auth\`.`,
  })
  return credentials
}

/** Pauses between attempts keep no program alive by themselves. */
async function awake<Value>(work: Promise<Value>): Promise<Value> {
  const timer = setInterval(() => {}, 1000)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}

function seconds(ms = 0): string {
  return `${Math.round(ms / 1000)} seconds`
}
