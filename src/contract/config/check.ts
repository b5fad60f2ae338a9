import { z } from 'zod'

import { nearest } from '../../kit/nearest.ts'
import { isSecret, printPath, printValue } from './problem.ts'
import type { KeyPath, Problem } from './problem.ts'
import { ServerName } from './schema.ts'

export interface CheckContext {
  /** The native path of the value that is checked. */
  readonly path: KeyPath
  /** Problems are added here. */
  readonly problems: Problem[]
  readonly origin: (path: KeyPath) => KeyPath
  /** Whether something was expanded in the value at a native path. */
  readonly isExpanded: (path: KeyPath) => boolean
  /** Further keys that are allowed beside those of the schema, because they are read elsewhere. */
  readonly otherKeys?: readonly string[]
  /** Whether a problem with the value at a native path has been told already. */
  readonly isTold: (path: KeyPath) => boolean
}

export interface Checked<Output> {
  readonly data?: Output
}

/** Checks a native value against its schema and tells every problem in a person's words. */
export function check<Shape extends z.core.$ZodShape>(
  schema: z.ZodObject<Shape>,
  value: unknown,
  context: CheckContext,
): Checked<z.output<z.ZodObject<Shape>>> {
  const first = schema.safeParse(value)
  if (first.success) return { data: first.data }
  const converted = withConverted(value, first.error.issues, context)
  const result = converted === undefined ? first : schema.safeParse(converted)
  if (result.success) return { data: result.data }
  for (const issue of result.error.issues.flatMap(innermost)) {
    if (!context.isTold([...context.path, ...keysOf(issue)])) {
      context.problems.push(...tell(issue, value, { schema, context }))
    }
  }
  return {}
}

/** Where one of several shapes was plainly meant, what is wrong with that one. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const meant = issue.errors.filter((inner) => !inner.some(isAboutTheWhole))
  const [only] = meant
  if (!only || meant.length > 1) return [issue]
  return only
    .map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }))
    .flatMap(innermost)
}

function isAboutTheWhole({ code, path }: z.core.$ZodIssue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'invalid_value')
}

export function checkName(name: string, { path, problems, origin }: CheckContext): void {
  const result = ServerName.safeParse(name)
  const issue = result.error?.issues[0]
  if (!issue) return
  const problem = `${JSON.stringify(name)} cannot be the name of a server: ${issue.message}`
  problems.push({ path: origin(path), problem, onKey: true })
}

interface Asked {
  readonly schema: z.ZodObject
  readonly context: CheckContext
}

function tell(issue: z.core.$ZodIssue, value: unknown, { schema, context }: Asked): Problem[] {
  const native = [...context.path, ...keysOf(issue)]
  if (issue.code === 'unrecognized_keys') {
    const inner = keysOf(issue)
    const others = inner.length === 0 ? (context.otherKeys ?? []) : []
    const known = [...knownKeys(schema, inner), ...others]
    return issue.keys.map((key) => unknownKey(key, context.origin([...native, key]), known))
  }
  const path = context.origin(native)
  const place = printPath(path)
  if (issue.code === 'invalid_key') {
    const reason = issue.issues[0]?.message ?? issue.message
    return [{ path, problem: `${place} cannot be used: ${reason}`, onKey: true }]
  }
  const given = valueAt(value, keysOf(issue))
  const hidden = isSecret(native) || context.isExpanded(native)
  const subject = hidden ? `${place} is not valid` : `${place} is ${printValue(given)}`
  const missing = given === undefined ? `${place} is missing` : subject
  return [{ path, problem: `${missing}: ${issue.message}` }]
}

function unknownKey(key: string, path: KeyPath, known: readonly string[]): Problem {
  const near = nearest(key, known)
  const remedy = near ? `did you mean "${near}"?` : `remove it, or use one of ${known.join(', ')}`
  return { path, problem: `${printPath(path)} is not a key Gantry knows: ${remedy}`, onKey: true }
}

/** The keys of the object schema at a path within `schema`, as far as it is made of objects. */
function knownKeys(schema: z.core.$ZodType, path: KeyPath): readonly string[] {
  const object = withoutDefault(schema)
  const [key, ...rest] = path
  if (object instanceof z.ZodUnion) {
    return object.options.flatMap((option) => knownKeys(option, path))
  }
  if (object instanceof z.ZodRecord) return knownKeys(object.valueType, rest)
  if (!(object instanceof z.ZodObject)) return []
  if (key === undefined) return Object.keys(object.shape)
  const inner = Object.entries(object.shape).find(([name]) => name === key)?.[1]
  return inner ? knownKeys(inner, rest) : []
}

/** The schema inside `.default()`, `.prefault()`, `.readonly()` and the like. */
export function withoutDefault(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapped =
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodExactOptional
  return isWrapped ? withoutDefault(schema.unwrap()) : schema
}

/**
 * `"port": "${PORT:-7420}"` is a string in the file and a number in meaning: where an expanded
 * string stands for a number or a boolean, it is read as one.
 */
function withConverted(
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
  context: CheckContext,
): unknown {
  let converted: unknown
  for (const issue of issues) {
    const path = keysOf(issue)
    if (issue.code !== 'invalid_type' || !context.isExpanded([...context.path, ...path])) continue
    const given = valueAt(value, path)
    if (typeof given !== 'string' || !/^(?:true|false|-?\d{1,15}(?:\.\d{1,15})?)$/.test(given))
      continue
    converted ??= structuredClone(value)
    setAt(converted, path, JSON.parse(given))
  }
  return converted
}

function valueAt(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
        ? Reflect.get(inner, key)
        : undefined,
    value,
  )
}

function setAt(value: unknown, path: KeyPath, replacement: unknown): void {
  const parent = valueAt(value, path.slice(0, -1))
  const key = path.at(-1)
  if (typeof parent === 'object' && parent !== null && key !== undefined) {
    Reflect.set(parent, key, replacement)
  }
}

function keysOf(issue: z.core.$ZodIssue): (string | number)[] {
  return issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))
}
