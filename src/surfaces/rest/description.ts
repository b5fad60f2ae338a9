import type { ServerResponse } from 'node:http'
import { GatewayError } from '../../contract/gateway-error.ts'
import { printOpenApi } from '../../contract/rest/openapi.ts'
import { restPrefixes } from '../../contract/rest/routes.ts'
import type { AnyRoute } from '../../contract/rest/route.ts'
import { toJson, toUtf8 } from '../../wire/bytes.ts'
import { sendBody } from '../door/answers.ts'
import type { Route } from '../door/server.ts'
import { docsStyle, printDocs } from './print-docs.ts'
import { refuseRest } from './problem.ts'

/** Nothing on these pages runs, and nothing comes from elsewhere. */
const pageHeaders = [
  'Content-Security-Policy',
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options',
  'nosniff',
  'Referrer-Policy',
  'no-referrer',
  'Cache-Control',
  'no-cache',
]

interface Page {
  readonly type: string
  readonly print: () => string
}

/** `/openapi.json` describes the REST addresses; `/docs` shows the same to people. */
export function createDescription(version: string, routes: readonly AnyRoute[]): Route {
  const document = once(() => printOpenApi({ version, routes, servers: restPrefixes }))
  const pages = new Map<string, Page>([
    ['/openapi.json', { type: 'application/json', print: once(() => toJson(document())) }],
    [
      '/docs',
      { type: 'text/html; charset=utf-8', print: once(() => toUtf8(printDocs(document()))) },
    ],
    ['/docs/style.css', { type: 'text/css; charset=utf-8', print: () => docsStyle }],
  ])

  return ({ request, response, path }) => {
    const page = pages.get(path)
    if (!page) return false
    request.resume()
    if (request.method === 'GET' || request.method === 'HEAD') send(response, page)
    else {
      const { method = '' } = request
      const allow = ['GET']
      refuseRest(response, new GatewayError('method_not_allowed', { method, path, allow }))
    }
    return true
  }
}

function send(response: ServerResponse, { type, print }: Page): void {
  sendBody(response, 200, { type, body: print(), headers: pageHeaders })
}

/** Printed when it is first asked for. */
function once<Value>(print: () => Value): () => Value {
  let known: { readonly value: Value } | undefined
  return () => (known ??= { value: print() }).value
}
