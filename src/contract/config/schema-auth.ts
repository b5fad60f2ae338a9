import { z } from 'zod'

import { httpUrl, notAnObject, plainText, textList } from './values.ts'

// A line break would start another header.
export const oneLine = () =>
  plainText()
    .min(1, { error: 'write what it is' })
    .regex(/^[\t\x20-\x7e]*$/, { error: 'write one line of printable ASCII characters' })

export const Bearer = z.strictObject({ type: z.literal('bearer'), token: oneLine() }, notAnObject)

export const Basic = z.strictObject(
  {
    type: z.literal('basic'),
    username: plainText().refine((name) => !name.includes(':'), {
      error: 'a user name here has no ":"',
    }),
    password: plainText(),
  },
  notAnObject,
)

const thisMachine = /^(?:(?:[^.]+\.)*localhost|127\.[\d.]+|\[::1\])$/

/** OAuth 2.0 client credentials: the gateway gets the tokens, and new ones in time, by itself. */
export const OAuth = z.strictObject(
  {
    type: z.literal('oauth').describe('OAuth 2.0 client credentials.'),
    tokenUrl: httpUrl()
      .refine(isSecretKept, { error: 'write https: the secret would be sent in the open' })
      .describe('The token endpoint: https, or http on this machine.'),
    clientId: plainText()
      .min(1, { error: 'write the id the authorization server gave' })
      .describe('Who the gateway is there.'),
    clientSecret: plainText()
      .min(1, { error: 'write the secret, for example as "${env:CLIENT_SECRET}"' })
      .describe('The secret that belongs to it.'),
    scopes: z
      .array(
        plainText().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, {
          error: 'write one scope without spaces',
        }),
        { error: 'write a list of strings in square brackets' },
      )
      .readonly()
      .default([])
      .describe('What is asked for; left out, what the authorization server gives by itself.'),
    clientAuth: z
      .enum(['client_secret_basic', 'client_secret_post'], {
        error: 'write "client_secret_basic" or "client_secret_post"',
      })
      .exactOptional()
      .describe(
        'Whether id and secret are sent in a header or in the body. Left out: in a header, and when that is refused once in the body.',
      ),
    audience: oneLine()
      .exactOptional()
      .describe('Sent as `audience`, for authorization servers that ask for it.'),
    resource: httpUrl()
      .exactOptional()
      .describe('Sent as `resource` (RFC 8707): the server the token is for.'),
    allowPrivate: z
      .union([z.boolean(), textList()], {
        error: 'write true, false or a list of host names and address ranges',
      })
      .exactOptional()
      .describe(
        'Whether `tokenUrl` may be on this machine or a private network. Left out, it is allowed only when `tokenUrl` itself names such an address.',
      ),
  },
  notAnObject,
)

function isSecretKept(url: string): boolean {
  const { protocol, hostname } = URL.parse(url) ?? {}
  return protocol !== 'http:' || thisMachine.test(hostname ?? '')
}

/** How the gateway signs in to a server over HTTP. */
export const HttpAuth = z
  .discriminatedUnion('type', [Bearer, Basic, OAuth], {
    error:
      'write an object with "type": "bearer" and "token", "basic" with "username" and "password", or "oauth" with "tokenUrl", "clientId" and "clientSecret"',
  })
  .exactOptional()
  .describe(
    'How the gateway signs in: `{"type": "bearer", "token"}`, `{"type": "basic", "username", "password"}`, or `{"type": "oauth", "tokenUrl", "clientId", "clientSecret", …}`, see below.',
  )
