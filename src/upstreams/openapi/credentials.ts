import type { OpenApiServerConfig } from '../../contract/config.ts'
import { isRecord } from '../../kit/is-record.ts'
import { slotOf } from './parameters.ts'
import type { ParameterPlace } from './parameters.ts'
import type { Values } from './parse-document.ts'
import { problemAt } from './problem.ts'
import type { References } from './references.ts'

/** What the gateway itself puts into each request. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>
  readonly query: readonly (readonly [string, string])[]
  readonly cookies: readonly (readonly [string, string])[]
  /** The places of all of these: no argument can set one. */
  readonly own: ReadonlySet<string>
}

type Configured = Pick<OpenApiServerConfig, 'headers' | 'auth'>

/** What the configuration says to send; an API key goes where the document says, unless the configuration says it. */
export function credentialsFor(
  { headers, auth }: Configured,
  root: Values,
  references: References,
): Credentials {
  const plain = lowered(headers)
  switch (auth?.type) {
    case undefined:
      return toCredentials(plain)
    case 'bearer':
      return toCredentials({ ...plain, authorization: `Bearer ${auth.token}` })
    case 'basic': {
      const pair = Buffer.from(`${auth.username}:${auth.password}`).toString('base64')
      return toCredentials({ ...plain, authorization: `Basic ${pair}` })
    }
    case 'apiKey': {
      const { place, name } = keyPlace(auth, root, references)
      const pair = [name, auth.value] as const
      if (place === 'header') return toCredentials({ ...plain, [name.toLowerCase()]: auth.value })
      return place === 'query'
        ? toCredentials(plain, { query: [pair] })
        : toCredentials(plain, { cookies: [pair] })
    }
    case 'oauth': {
      // Its token changes, and is put into each request as it is sent.
      const sent = toCredentials(plain)
      return { ...sent, own: new Set([...sent.own, slotOf('header', 'authorization')]) }
    }
    default:
      return auth satisfies never
  }
}

function toCredentials(
  headers: Readonly<Record<string, string>>,
  rest: Partial<Pick<Credentials, 'query' | 'cookies'>> = {},
): Credentials {
  const { query = [], cookies = [] } = rest
  const slots = [
    ...Object.keys(headers).map((name) => slotOf('header', name)),
    ...query.map(([name]) => slotOf('query', name)),
    ...cookies.map(([name]) => slotOf('cookie', name)),
    ...cookieNames(headers['cookie']).map((name) => slotOf('cookie', name)),
  ]
  return { headers, query, cookies, own: new Set(slots) }
}

function cookieNames(header = ''): readonly string[] {
  return header.split(';').map((pair) => pair.split('=')[0]?.trim() ?? '')
}

function lowered(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, text]) => [name.toLowerCase(), text]),
  )
}

type KeyPlace = { readonly place: Exclude<ParameterPlace, 'path'>; readonly name: string }

function keyPlace(
  { name, in: place }: { readonly name?: string; readonly in?: 'header' | 'query' | 'cookie' },
  root: Values,
  references: References,
): KeyPlace {
  if (name !== undefined && place !== undefined) return { place, name }
  const described = keySchemes(root, references).filter(
    (one) => (name ?? one.name) === one.name && (place ?? one.place) === one.place,
  )
  const [only] = described
  if (only && described.length === 1) return only
  const said = described.map((one) => `${one.name} in ${one.place}`).join(', ')
  throw problemAt(
    'components.securitySchemes',
    `${said === '' ? 'it describes no API key' : `it describes several API keys: ${said}`}; write "name" and "in" into "auth"`,
  )
}

function keySchemes(root: Values, references: References): readonly KeyPlace[] {
  const { components } = root
  const schemes = isRecord(components) ? components['securitySchemes'] : undefined
  const found = Object.entries(isRecord(schemes) ? schemes : {}).flatMap(
    ([key, scheme]): readonly KeyPlace[] => {
      const { value } = references.follow(scheme, `components.securitySchemes.${key}`)
      const { type, in: place, name } = value
      const isKey = type === 'apiKey' && typeof name === 'string'
      return isKey && (place === 'header' || place === 'query' || place === 'cookie')
        ? [{ place, name }]
        : []
    },
  )
  return [...new Map(found.map((one) => [slotOf(one.place, one.name), one])).values()]
}
