import type { ErrorObject, Options } from 'ajv'
import { Ajv } from 'ajv'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { RE2JS } from 're2js'

import type { ValueProblem } from '../contract/check-value.ts'
import { isRecord } from '../kit/is-record.ts'

/** A schema that is ready to check values. */
export interface CompiledSchema {
  /** The first of the problems of a value; none when it fits. */
  readonly check: (value: unknown) => readonly ValueProblem[]
  readonly ignoredPatterns: readonly string[]
}

/** A schema that is none. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError'
}

type Dialect = typeof Ajv | typeof Ajv2019 | typeof Ajv2020

const problemCount = 5
const wordCharacters = 300

const options: Options = {
  strict: false,
  validateFormats: false,
  // What an object inherits is not in the value.
  ownProperties: true,
  logger: false,
}
const grammars = new Map<Dialect, Ajv>()

/** Makes a validator, in an instance of its own: names in one schema mean nothing to another. */
export function compileSchema(schema: unknown): CompiledSchema {
  const dialect = dialectOf(schema)
  const ignored = new Set<string>()
  const ajv = createAjv(dialect, {
    meta: false,
    validateSchema: false,
    code: { regExp: patternEngine(ignored), optimize: false },
  })
  const validate = compileWith(ajv, schema)
  return {
    check: (value) => (validate(value) ? [] : problemsOf(validate.errors ?? [])),
    ignoredPatterns: [...ignored],
  }
}

function compileWith(ajv: Ajv, schema: unknown) {
  try {
    return ajv.compile(isRecord(schema) ? withoutDialect(schema) : schema === true)
  } catch (cause) {
    throw new SchemaError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** Many schemas name no dialect and are written in an older one than the one that then counts. */
function dialectOf(schema: unknown): Dialect {
  const named = isRecord(schema) ? schema['$schema'] : undefined
  const candidates = dialectsFor(named)
  const [first] = candidates
  if (!first) throw new SchemaError(`The dialect ${JSON.stringify(named)} is not known here`)
  const fitting = candidates.find((dialect) => isSchemaOf(dialect, schema))
  if (fitting) return fitting
  const [error] = grammarOf(first).errors ?? []
  throw new SchemaError(`schema${error?.instancePath ?? ''} ${error?.message ?? 'is none'}`)
}

function dialectsFor(named: unknown): readonly Dialect[] {
  if (named === undefined) return [Ajv2020, Ajv]
  if (typeof named !== 'string') return []
  if (named.includes('/draft/2020-12/')) return [Ajv2020]
  if (named.includes('/draft/2019-09/')) return [Ajv2019]
  return /\/draft-0[67]\/schema#?$/.test(named) ? [Ajv] : []
}

function isSchemaOf(dialect: Dialect, schema: unknown): boolean {
  if (!isRecord(schema)) return true
  return grammarOf(dialect).validateSchema(withoutDialect(schema)) === true
}

function grammarOf(dialect: Dialect): Ajv {
  const grammar = grammars.get(dialect) ?? createAjv(dialect, {})
  grammars.set(dialect, grammar)
  return grammar
}

function withoutDialect(schema: Readonly<Record<string, unknown>>) {
  const { $schema: _, ...rest } = schema
  return rest
}

/** Ajv compares every two items of a list that must be unique; a set of their texts takes linear time. */
function createAjv(Made: Dialect, more: Options): Ajv {
  const ajv = new Made({ ...options, ...more })
  ajv.removeKeyword('uniqueItems')
  return ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must not have the same item twice' },
    validate: (isWanted: boolean, items: readonly unknown[]) =>
      !isWanted || new Set(items.map(canonicalText)).size === items.length,
  })
}

function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isRecord(inner)
      ? Object.fromEntries(
          Object.entries(inner).toSorted(([one], [other]) => (one < other ? -1 : 1)),
        )
      : inner,
  )
}

/** Patterns that need steps back could take for ever: such a pattern is met by everything, and named. */
function patternEngine(ignored: Set<string>) {
  function compilePattern(pattern: string) {
    // Ajv tells patterns apart by this text.
    const toString = () => pattern
    try {
      const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern))
      return { test: (text: string) => compiled.test(text), toString }
    } catch {
      ignored.add(pattern)
      return { test: () => true, toString }
    }
  }
  return Object.assign(compilePattern, { code: 'RE2JS.compile' })
}

function problemsOf(errors: readonly ErrorObject[]): readonly ValueProblem[] {
  return errors.slice(0, problemCount).map((error) => ({
    path: error.instancePath.slice(0, wordCharacters),
    message: `${error.message ?? 'does not fit'}${detailOf(error)}`.slice(0, wordCharacters),
  }))
}

/** What Ajv leaves out of its sentences. */
function detailOf({ keyword, params }: ErrorObject): string {
  const named: Readonly<Record<string, unknown>> = params
  switch (keyword) {
    case 'additionalProperties':
      return `: ${JSON.stringify(named['additionalProperty'])}`
    case 'unevaluatedProperties':
      return `: ${JSON.stringify(named['unevaluatedProperty'])}`
    case 'enum':
      return `: ${JSON.stringify(named['allowedValues'])}`
    case 'const':
      return `: ${JSON.stringify(named['allowedValue'])}`
    default:
      return ''
  }
}
