import type { HttpServerConfig, OpenApiServerConfig, ServerConfig } from '../../contract/config.ts'
import type { Credentials } from '../../core/sign-in/credentials.ts'
import { wellEndpoint } from './endpoint.ts'
import { createServerCredentials } from './server-credentials.ts'
import type { SharedEndpoint, TokenKeeperDeps } from './token-keeper.ts'
import { TokenKeeper } from './token-keeper.ts'

type Auth = NonNullable<HttpServerConfig['auth'] | OpenApiServerConfig['auth']>

/** How OAuth client credentials are configured. */
export type OAuthConfig = Auth & { readonly type: 'oauth' }

export interface TokenBookDeps extends Omit<TokenKeeperDeps, 'ask' | 'endpoint'> {
  readonly asker: (auth: OAuthConfig) => TokenKeeperDeps['ask']
}

/** The tokens of all servers. */
export interface TokenBook extends Disposable {
  /** How we sign in to this server; undefined where that takes no token that ends. */
  of(config: ServerConfig): Credentials | undefined
  /** Forgets the tokens that none of these servers needs. */
  keep(servers: readonly ServerConfig[]): void
}

/** One token for all servers whose settings are the same. */
export function createTokenBook(deps: TokenBookDeps): TokenBook {
  const keepers = new Map<string, TokenKeeper>()
  const endpoints = new Map<string, SharedEndpoint>()
  const known = new WeakMap<ServerConfig, Credentials>()

  function endpointFor({ tokenUrl }: OAuthConfig): SharedEndpoint {
    const endpoint = endpoints.get(tokenUrl) ?? { state: wellEndpoint }
    endpoints.set(tokenUrl, endpoint)
    return endpoint
  }

  function keeperFor(auth: OAuthConfig): TokenKeeper {
    const key = keyOf(auth)
    const keeper =
      keepers.get(key) ??
      new TokenKeeper({ ...deps, ask: deps.asker(auth), endpoint: endpointFor(auth) })
    keepers.set(key, keeper)
    return keeper
  }

  return {
    of(config) {
      const auth = oauthOf(config)
      if (!auth) return undefined
      const credentials =
        known.get(config) ?? createServerCredentials(config.name, keeperFor(auth), deps.now)
      known.set(config, credentials)
      return credentials
    },
    keep(servers) {
      const auths = servers.flatMap((server) => oauthOf(server) ?? [])
      const wanted = new Set(auths.map(keyOf))
      const places = new Set(auths.map(({ tokenUrl }) => tokenUrl))
      for (const [key, keeper] of keepers) {
        if (wanted.has(key)) continue
        keeper[Symbol.dispose]()
        keepers.delete(key)
      }
      for (const tokenUrl of endpoints.keys()) if (!places.has(tokenUrl)) endpoints.delete(tokenUrl)
    },
    [Symbol.dispose]() {
      for (const keeper of keepers.values()) keeper[Symbol.dispose]()
      keepers.clear()
    },
  }
}

/** Everything that makes a difference to a token endpoint, whatever its order in the file. */
function keyOf({ scopes, ...rest }: OAuthConfig): string {
  return JSON.stringify([
    scopes.toSorted(),
    Object.entries(rest).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  ])
}

function oauthOf(config: ServerConfig): OAuthConfig | undefined {
  if (config.transport !== 'http' && config.transport !== 'openapi') return undefined
  return config.auth?.type === 'oauth' ? config.auth : undefined
}
