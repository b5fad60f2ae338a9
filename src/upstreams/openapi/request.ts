import { isRecord } from '../../kit/is-record.ts'
import type { Argument, Arguments } from './arguments.ts'
import { ArgumentProblem, argumentProblem, kindOf, readArguments } from './arguments.ts'
import type { Credentials } from './credentials.ts'
import type { BodyPlan } from './body.ts'
import type { Parameter, ParameterPlace } from './parameters.ts'
import { slotOf } from './parameters.ts'
import { encoded, toHeaderText, toPairs, toPathText } from './serialise.ts'
import type { Pair } from './serialise.ts'
import type { Tool } from './tool.ts'

export interface ServiceRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
}

export interface RequestContext {
  readonly base: URL
  readonly credentials: Credentials
}

/** The request that a call of the tool comes to; throws `ArgumentProblem` where the arguments do not make one. */
export function toRequest(
  tool: Tool,
  bytes: Buffer | undefined,
  { base, credentials }: RequestContext,
): ServiceRequest {
  const given = readArguments(bytes, tool)
  const values = valuesIn(tool, given)
  const body = bodyOf(tool.body, given.get('body'))
  const headers = values('header').map(({ parameter, value }): Pair => [
    parameter.name.toLowerCase(),
    toHeaderText(parameter, value),
  ])
  const cookies = [
    ...credentials.cookies.map(([name, value]): Pair => [name, encoded(value)]),
    ...pairsOf(values('cookie'), tool, credentials),
  ].map(([name, value]) => `${encoded(name)}=${value}`)
  const cookie = [credentials.headers['cookie'] ?? [], cookies].flat().join('; ')
  const query = [
    ...credentials.query.map(([name, value]): Pair => [name, encoded(value)]),
    ...pairsOf(values('query'), tool, credentials),
  ].map(([name, value]) => `${encoded(name)}=${value}`)
  return {
    url: toUrl(tool.base ?? base, pathOf(tool, values('path')), query),
    method: tool.method,
    headers: {
      accept: 'application/json, text/*;q=0.9, */*;q=0.8',
      'user-agent': 'gantry',
      ...(body && tool.body && { 'content-type': tool.body.mediaType }),
      ...Object.fromEntries(headers),
      // What the gateway sends by itself stands above what a call says.
      ...credentials.headers,
      ...(cookie !== '' && { cookie }),
    },
    body,
  }
}

interface Given {
  readonly parameter: Parameter
  readonly value: unknown
}

function valuesIn(
  { parameters }: Tool,
  given: Arguments,
): (place: ParameterPlace) => readonly Given[] {
  return (place) =>
    parameters.flatMap((parameter) => {
      const argument = parameter.place === place ? given.get(parameter.argument) : undefined
      return argument ? [{ parameter, value: argument.value }] : []
    })
}

/** An object that is spread over a query must not reach what another parameter, or the gateway, sets. */
function pairsOf(
  values: readonly Given[],
  { parameters }: Tool,
  { own }: Credentials,
): readonly Pair[] {
  const taken = new Set([...own, ...parameters.map(({ place, name }) => slotOf(place, name))])
  return values.flatMap(({ parameter, value }) => {
    const pairs = toPairs(parameter, value)
    for (const [name] of pairs) {
      const isOwn = name === parameter.name || name.startsWith(`${parameter.name}[`)
      if (!isOwn && taken.has(slotOf(parameter.place, name)))
        throw argumentProblem(parameter.argument, `may not set ${JSON.stringify(name)}`)
    }
    return pairs
  })
}

function pathOf({ path }: Tool, values: readonly Given[]): string {
  const texts = new Map(
    values.map(({ parameter, value }) => [parameter.name, filling(parameter, value)]),
  )
  const segments = path
    .split('/')
    .map((segment) =>
      segment.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => texts.get(name) ?? ''),
    )
  const lost = segments.find((segment) => /^\.{1,2}$/.test(segment))
  if (lost !== undefined)
    throw new ArgumentProblem(`The arguments make "${lost}" of a part of the path.`)
  return segments.join('/')
}

/** Encoded dots mean the same as dots, and some servers decode a slash before they look where a path leads. */
function filling(parameter: Parameter, value: unknown): string {
  const text = toPathText(parameter, value)
  if (text === '') throw argumentProblem(parameter.argument, 'is part of the path and empty')
  const decoded = decodeURIComponent(text)
  if (decoded.includes('\0')) throw argumentProblem(parameter.argument, 'holds a NUL character')
  const steps = decoded.split(/[/\\]/)
  if (steps.length > 1 && steps.some((step) => step === '.' || step === '..'))
    throw argumentProblem(parameter.argument, 'leads out of its place in the path')
  return text
}

function toUrl(base: URL, path: string, query: readonly string[]): URL {
  const root = base.pathname.replace(/\/$/, '')
  const url = new URL(base.origin)
  const whole = URL.parse(
    `${base.origin}${root}${path}${query.length > 0 ? `?${query.join('&')}` : ''}`,
  )
  const depth = `${root}${path}`.split('/').length
  // All of it is encoded; this holds also where that were wrong.
  if (whole?.origin !== url.origin || whole.pathname.split('/').length !== depth)
    throw new ArgumentProblem('The arguments make no address within the service.')
  return whole
}

function bodyOf(plan: BodyPlan | undefined, given: Argument | undefined): Buffer | undefined {
  if (!plan || !given) return undefined
  switch (plan.kind) {
    case 'json':
      return given.bytes
    case 'text':
      return Buffer.from(String(given.value))
    case 'form':
      return Buffer.from(formText(given.value))
    default:
      return plan.kind satisfies never
  }
}

function formText(value: unknown): string {
  const fields = new URLSearchParams()
  for (const [name, one] of Object.entries(isRecord(value) ? value : {})) {
    for (const item of Array.isArray(one) ? one : [one])
      if (item !== null) fields.append(name, fieldText(item))
  }
  return fields.toString()
}

function fieldText(value: unknown): string {
  return typeof value === 'string' || kindOf(value) === 'null'
    ? String(value)
    : JSON.stringify(value)
}
