/** Keys of other programs' files that mean nothing here: kept out, with a warning. */
export const ignoredKeys: ReadonlyMap<string, string> = new Map([
  ['autoApprove', 'every call is passed on; approval is asked by your client'],
  ['alwaysAllow', 'every call is passed on; approval is asked by your client'],
  ['trust', 'every call is passed on; approval is asked by your client'],
  ['includeTools', 'all tools of the server are offered'],
  ['excludeTools', 'all tools of the server are offered'],
  ['disabledTools', 'all tools of the server are offered'],
  ['enabledTools', 'all tools of the server are offered'],
  ['tools', 'all tools of the server are offered'],
  ['gallery', 'it describes where the entry came from'],
  ['description', 'it is a note for people'],
  ['title', 'it is a note for people'],
  ['version', 'it is a note for people'],
  ['icon', 'it is a note for people'],
  ['dev', 'it is for developing the server in an editor'],
  ['autoStart', 'every enabled server is started'],
])

/** Top-level keys of other programs' files that mean nothing here. */
export const ignoredTopKeys: ReadonlySet<string> = new Set([
  'inputs',
  'globalShortcut',
  'preferences',
  'sandbox',
])

/** Keys whose meaning this version does not have yet: dropping one would change what was asked. */
export const laterKeys: ReadonlySet<string> = new Set([
  'auth',
  'oauth',
  'authProviderType',
  'bearer_token_env_var',
  'env_http_headers',
  'headersHelper',
  'envFile',
])

/** The kinds of `auth` that a server over HTTP may have; every other is for later. */
export const signInTypes: ReadonlySet<string> = new Set(['bearer', 'basic', 'oauth'])

/** The same for a service described by OpenAPI. */
export const serviceAuthTypes: ReadonlySet<string> = new Set(['bearer', 'basic', 'apiKey', 'oauth'])

/** What is called which way to reach a server, here and by other programs. */
export const transports: ReadonlyMap<unknown, 'stdio' | 'http' | 'openapi'> = new Map<
  unknown,
  'stdio' | 'http' | 'openapi'
>([
  ['stdio', 'stdio'],
  ['local', 'stdio'],
  ['http', 'http'],
  ['streamable-http', 'http'],
  ['streamableHttp', 'http'],
  ['streamable_http', 'http'],
  ['openapi', 'openapi'],
])

export const laterTransports: ReadonlySet<unknown> = new Set(['sse', 'ws', 'websocket'])

/** Names of other programs for keys of ours that need no conversion. */
export const renamedKeys: ReadonlyMap<string, string> = new Map([
  ['serverUrl', 'url'],
  ['httpUrl', 'url'],
])
