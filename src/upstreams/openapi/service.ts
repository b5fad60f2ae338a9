import type { OpenApiServerConfig } from '../../contract/config.ts'
import { isRecord } from '../../kit/is-record.ts'
import type { GuardedFetch } from '../egress/guarded-fetch.ts'
import type { Base } from './base-url.ts'
import { baseFor, firstAddress } from './base-url.ts'
import { idleNames, isChosen } from './choose.ts'
import type { Credentials } from './credentials.ts'
import { credentialsFor } from './credentials.ts'
import type { Omission, Operation } from './operations.ts'
import { readOperations } from './operations.ts'
import type { Values } from './parse-document.ts'
import { parseDocument } from './parse-document.ts'
import { DocumentProblem, problemAt } from './problem.ts'
import type { Place } from './read-text.ts'
import { readText } from './read-text.ts'
import { createReferences } from './references.ts'
import { nameTools } from './tool-names.ts'
import type { Tool } from './tool.ts'
import { toTool } from './tool.ts'

/** A service as its description says it is. */
export interface Service {
  readonly title: string
  readonly version: string
  readonly base: Base
  readonly credentials: Credentials
  readonly tools: ReadonlyMap<string, Tool>
  /** What became no tool although it was wanted, and what was wanted and is not there. */
  readonly notes: readonly string[]
}

const toolLimit = 1000

/** Reads a service's description; throws `DocumentProblem` or `GatewayError` when it cannot be used. */
export async function readService(
  config: OpenApiServerConfig,
  place: Place,
  { fetch, signal }: { readonly fetch: GuardedFetch; readonly signal: AbortSignal },
): Promise<Service> {
  const text = await readText(place, { fetch, signal, headers: documentHeaders(config, place) })
  const root = await parseDocument(text)
  const references = createReferences(root)
  const credentials = credentialsFor(config, root, references)
  const base = baseFor(config, root, place)
  const { operations, omitted } = readOperations(root, references)
  const chosen = operations.filter((one) => isChosen(one, config))
  if (chosen.length > toolLimit)
    throw new DocumentProblem(
      `it has ${chosen.length} operations, more than ${toolLimit}: choose some with "include"`,
    )
  const baseOf = createBaseOf(config, base, place)
  const context = { references, own: credentials.own, baseOf }
  const made = makeTools(nameTools(chosen), context)
  const left = [...omitted.filter((one) => isChosen(one, config)), ...made.omitted]
  return {
    ...infoOf(root),
    base,
    credentials,
    tools: made.tools,
    notes: notesOf(left, idleNames([...operations, ...omitted], config)),
  }
}

/** The configured headers go to the service; the description gets them where it is part of it. */
function documentHeaders(
  { baseUrl, headers }: OpenApiServerConfig,
  place: Place,
): Readonly<Record<string, string>> {
  const isThere = place.kind === 'url' && (!baseUrl || new URL(baseUrl).origin === place.url.origin)
  if (!isThere) return {}
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'accept'),
  )
}

function makeTools(
  named: ReadonlyMap<string, Operation>,
  context: Parameters<typeof toTool>[2],
): { readonly tools: ReadonlyMap<string, Tool>; readonly omitted: readonly Omission[] } {
  const tools = new Map<string, Tool>()
  const omitted: Omission[] = []
  for (const [name, operation] of named) {
    try {
      tools.set(name, toTool(name, operation, context))
    } catch (error) {
      if (!(error instanceof DocumentProblem)) throw error
      omitted.push({ ...operation, reason: error.message })
    }
  }
  return { tools, omitted }
}

/** An operation elsewhere would take the credentials there: it has to be on the same host. */
function createBaseOf(
  { baseUrl, variables }: OpenApiServerConfig,
  base: Base,
  place: Place,
): (operation: Operation) => URL | undefined {
  return ({ servers, at }) => {
    if (servers === undefined || baseUrl !== undefined) return undefined
    const own = firstAddress(servers, { variables, place, at: `${at}.servers[0]` })
    if (own && own.origin !== base.url.origin)
      throw problemAt(`${at}.servers[0]`, `it is at ${own.origin}, another host than the service`)
    return own
  }
}

function infoOf({ info }: Values): { readonly title: string; readonly version: string } {
  const { title, version } = isRecord(info) ? info : {}
  return {
    title: typeof title === 'string' && title !== '' ? title : 'service',
    version: typeof version === 'string' ? version : '',
  }
}

function notesOf(omitted: readonly Omission[], idle: readonly string[]): readonly string[] {
  const [first] = omitted
  const count = omitted.length === 1 ? '1 operation is' : `${omitted.length} operations are`
  return [
    ...(first ? [`${count} left out: ${first.method} ${first.path} (${first.reason})`] : []),
    ...idle.map((name) => `${JSON.stringify(name)} names no operation`),
  ]
}
