import type { OpenApiServerConfig } from '../../contract/config.ts'
import { isRecord } from '../../kit/is-record.ts'
import type { Values } from './parse-document.ts'
import { problemAt } from './problem.ts'
import type { Place } from './read-text.ts'

export interface Base {
  readonly url: URL
  /** The operator wrote this host down: a private address is meant. */
  readonly isListed: boolean
}

type Configured = Pick<OpenApiServerConfig, 'baseUrl' | 'variables'>

/** Where the service is: what the configuration says, else the first address of the document. */
export function baseFor({ baseUrl, variables }: Configured, root: Values, place: Place): Base {
  if (baseUrl !== undefined) return { url: new URL(baseUrl), isListed: true }
  const { servers } = root
  const said = firstAddress(servers, { variables, place, at: 'servers[0]' }) ?? rootOf(place)
  if (!said)
    throw problemAt(
      'servers',
      'it does not say where the service is: write "baseUrl" into its entry',
    )
  if (place.kind === 'file') return { url: said, isListed: false }
  // What a document says on a network must not decide where credentials go.
  if (said.origin !== place.url.origin)
    throw problemAt(
      'servers[0].url',
      `it says that the service is at ${said.origin}, another place than the document: write "baseUrl": "${said.origin}${said.pathname}" into its entry if that is right`,
    )
  return { url: said, isListed: true }
}

export interface AddressContext {
  readonly variables: Readonly<Record<string, string>>
  readonly place: Place
  readonly at: string
}

/** The first of a list of addresses, with its variables filled in; undefined where there is none. */
export function firstAddress(
  servers: unknown,
  { variables, place, at }: AddressContext,
): URL | undefined {
  const first: unknown = Array.isArray(servers) ? servers[0] : undefined
  if (!isRecord(first)) return undefined
  const { url: template, variables: described } = first
  if (typeof template !== 'string') throw problemAt(at, 'it has no "url"')
  const text = template.replaceAll(/\{([^{}]*)\}/g, (_, name: string) =>
    valueFor(name, variables[name], isRecord(described) ? described[name] : undefined, at),
  )
  const url = place.kind === 'url' ? URL.parse(text, place.url) : URL.parse(text)
  // In a file an address without a host leads nowhere.
  if (!url && place.kind === 'file' && text.startsWith('/')) return undefined
  if (!url || !/^https?:$/.test(url.protocol))
    throw problemAt(`${at}.url`, `${JSON.stringify(text.slice(0, 200))} is no http or https URL`)
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '')
    throw problemAt(`${at}.url`, 'only a host and a path can be used')
  return url
}

function valueFor(
  name: string,
  configured: string | undefined,
  described: unknown,
  at: string,
): string {
  const { default: standard, enum: choices } = isRecord(described) ? described : {}
  const value = configured ?? standard
  if (typeof value !== 'string')
    throw problemAt(`${at}.variables.${name}`, 'it has no value: write one into "variables"')
  if (Array.isArray(choices) && !choices.includes(value))
    throw problemAt(
      `${at}.variables.${name}`,
      `${JSON.stringify(value)} is none of ${choices.map(String).join(', ')}`,
    )
  return value
}

function rootOf(place: Place): URL | undefined {
  return place.kind === 'url' ? new URL('/', place.url) : undefined
}
