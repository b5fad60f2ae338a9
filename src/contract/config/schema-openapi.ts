import { z } from 'zod'

import { Basic, Bearer, OAuth, oneLine } from './schema-auth.ts'
import { allowPrivate, shared } from './schema-server.ts'
import {
  headerMap,
  httpUrl,
  milliseconds,
  notAnObject,
  plainText,
  textList,
  trueOrFalse,
} from './values.ts'

const ownHeaders =
  /^(?:host|connection|content-length|content-type|accept-encoding|expect|transfer-encoding|te|trailer|upgrade|keep-alive|proxy-.*)$/i

const ApiKey = z.strictObject(
  {
    type: z.literal('apiKey'),
    name: oneLine().exactOptional(),
    in: z
      .enum(['header', 'query', 'cookie'], { error: 'write "header", "query" or "cookie"' })
      .exactOptional(),
    value: oneLine(),
  },
  notAnObject,
)

/** A service that an OpenAPI document describes: its operations are the tools. */
export const OpenApiServer = z.strictObject({
  transport: z
    .literal('openapi', { error: 'write "openapi" beside "openapi", or leave it out' })
    .default('openapi')
    .describe('Follows from `openapi`; may be left out.'),
  openapi: plainText()
    .min(1, { error: 'write a file or a URL' })
    .describe(
      'The OpenAPI 3.0 or 3.1 document, JSON or YAML: an http or https URL, or a file, which counts from the folder of this file.',
    ),
  baseUrl: httpUrl()
    .refine((url) => (URL.parse(url)?.search ?? '') === '', {
      error: 'remove the part from "?" on',
    })
    .exactOptional()
    .describe(
      'Where the service is. Left out, where the document says; needed when that is another host than the one the document came from, or a private address.',
    ),
  variables: z
    .record(z.string(), plainText(), { error: 'write an object of strings' })
    .readonly()
    .default({})
    .describe('Values for the variables in the address that the document gives.'),
  headers: headerMap(ownHeaders).describe(
    'Headers sent with each request; no argument of a tool can set one of them.',
  ),
  auth: z
    .discriminatedUnion('type', [Bearer, Basic, ApiKey, OAuth], {
      error:
        'write an object with "type": "bearer" and "token", "basic" with "username" and "password", "apiKey" with "value", or "oauth" with "tokenUrl", "clientId" and "clientSecret"',
    })
    .exactOptional()
    .describe(
      'How the gateway signs in: `{"type": "bearer", "token"}`, `{"type": "basic", "username", "password"}`, `{"type": "apiKey", "value", "name"?, "in"?}`, whose `name` and `in` follow from the document when they are left out, or `{"type": "oauth", "tokenUrl", "clientId", "clientSecret", …}`, see below.',
    ),
  include: textList()
    .exactOptional()
    .describe(
      'Only these operations become tools: each an operation id, `tag:NAME` or `GET /path`; `*` stands for any characters.',
    ),
  exclude: textList()
    .default([])
    .describe('These operations become no tools; written as in `include`.'),
  allowPrivate: allowPrivate('`baseUrl`, or `openapi` where it is a URL,'),
  ...shared,
  trustAnnotations: trueOrFalse()
    .default(true)
    .describe(
      'Whether it is believed that GET only reads, and that PUT and DELETE may be repeated.',
    ),
  healthIntervalMs: milliseconds()
    .default(0)
    .describe(
      'How often a service nobody calls is asked for the head of `baseUrl`; 0 never, so that no request is spent.',
    ),
})
