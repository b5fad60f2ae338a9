import type { ByteText } from '../../wire/bytes.ts'
import { toJson } from '../../wire/bytes.ts'
import type { BodyPlan, DescribedBody } from './body.ts'
import { readBody } from './body.ts'
import type { Operation } from './operations.ts'
import type { DescribedParameter, Parameter } from './parameters.ts'
import { readParameters } from './parameters.ts'
import type { Values } from './parse-document.ts'
import { problemAt } from './problem.ts'
import type { References } from './references.ts'
import { createConverter, SchemaTooLarge } from './schemas.ts'

/** An operation as a tool: how clients see it, and how a call becomes a request. */
export interface Tool {
  readonly method: string
  readonly path: string
  /** Where it is, when that is not where the service is. */
  readonly base: URL | undefined
  readonly parameters: readonly Parameter[]
  readonly body: BodyPlan | undefined
  /** Its entry in the list of tools. */
  readonly definition: ByteText
}

export interface ToolContext {
  readonly references: References
  /** What the gateway itself sends: no argument can set it. */
  readonly own: ReadonlySet<string>
  /** Where an operation with addresses of its own is. */
  readonly baseOf: (operation: Operation) => URL | undefined
}

const descriptionLimit = 2048
const schemaLimitBytes = 64 * 1024

export function toTool(name: string, operation: Operation, context: ToolContext): Tool {
  const { method, path, at } = operation
  const parameters = readParameters(operation.parameters, context.references, context.own).filter(
    (one) => one.place !== 'path' || path.includes(`{${one.name}}`),
  )
  checkTemplate(operation, parameters)
  const takesBody = method !== 'GET' && method !== 'HEAD'
  const body = takesBody && operation.body ? readBody(operation.body) : undefined
  const definition = toJson({
    name,
    ...(operation.summary !== '' && { title: clipped(operation.summary, 128) }),
    description: describe(operation),
    inputSchema: inputSchema({ parameters, body, at, references: context.references }),
    annotations: annotationsOf(method),
  })
  return {
    method,
    path,
    base: context.baseOf(operation),
    parameters: parameters.map(toSent),
    body: body && { kind: body.kind, mediaType: body.mediaType, isRequired: body.isRequired },
    definition,
  }
}

/** What a request needs of it: the rest would keep the whole document in memory. */
function toSent(parameter: DescribedParameter): Parameter {
  const { argument, name, place, isRequired, style, explode, kinds, choices } = parameter
  return { argument, name, place, isRequired, style, explode, kinds, choices }
}

/** Every place in the path is filled by a parameter. */
function checkTemplate({ path, at }: Operation, parameters: readonly Parameter[]): void {
  for (const [, name = ''] of path.matchAll(/\{([^{}]*)\}/g)) {
    const isKnown = parameters.some((one) => one.place === 'path' && one.name === name)
    if (!isKnown) throw problemAt(at, `nothing says what {${name}} in its path is`)
  }
}

function describe({ summary, description, isDeprecated, method, path }: Operation): string {
  const words = [summary, description === summary ? '' : description].filter(Boolean)
  const text = words.length === 0 ? `${method} ${path}` : words.join('\n\n')
  return clipped(`${isDeprecated ? 'Deprecated. ' : ''}${text}`, descriptionLimit)
}

/** What HTTP says of the method. */
function annotationsOf(method: string): Values {
  const isReading = method === 'GET' || method === 'HEAD'
  return {
    readOnlyHint: isReading,
    ...(method === 'DELETE' && { destructiveHint: true }),
    ...((method === 'PUT' || method === 'DELETE') && { idempotentHint: true }),
    openWorldHint: true,
  }
}

interface Input {
  readonly parameters: readonly DescribedParameter[]
  readonly body: DescribedBody | undefined
  readonly at: string
  readonly references: References
}

function inputSchema(input: Input): Values {
  try {
    const schema = wholeSchema(input)
    if (toJson(schema).length <= schemaLimitBytes) return schema
  } catch (error) {
    if (!(error instanceof SchemaTooLarge)) throw error
  }
  return outline(input)
}

function wholeSchema({ parameters, body, at, references }: Input): Values {
  const { convert, definitions } = createConverter(references)
  const properties = parameters.map((one): [string, unknown] => [
    one.argument,
    described(convert(one.schema ?? {}, one.at), one.description),
  ])
  if (body)
    properties.push(['body', described(convert(body.schema ?? {}, body.at), body.description)])
  return {
    ...objectOf(properties, { parameters, body, at, references }),
    ...(definitions.size > 0 && { $defs: Object.fromEntries(definitions) }),
  }
}

/** What is left of a schema that would fill the context of a model by itself. */
function outline(input: Input): Values {
  const properties = input.parameters.map(({ argument, description, kinds }): [string, unknown] => [
    argument,
    described(kinds ? { type: [...kinds] } : {}, description),
  ])
  if (input.body)
    properties.push([
      'body',
      described({}, `${input.body.description} Its schema is too large to be shown.`.trim()),
    ])
  return objectOf(properties, input)
}

function objectOf(
  properties: readonly (readonly [string, unknown])[],
  { parameters, body }: Input,
): Values {
  const required = [
    ...parameters.filter(({ isRequired }) => isRequired).map(({ argument }) => argument),
    ...(body?.isRequired ? ['body'] : []),
  ]
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  }
}

function described(schema: unknown, description: string): unknown {
  if (description === '' || typeof schema !== 'object') return schema
  return { ...schema, description: clipped(description, descriptionLimit) }
}

function clipped(text: string, limit: number): string {
  const whole = text.toWellFormed()
  return whole.length <= limit ? whole : `${whole.slice(0, limit - 1).toWellFormed()}…`
}
