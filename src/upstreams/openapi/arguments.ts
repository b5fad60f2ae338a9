import { isRecord } from '../../kit/is-record.ts'
import { nearest } from '../../kit/nearest.ts'
import { parseExact } from '../../kit/exact-json.ts'
import { decodeString } from '../../wire/message.ts'
import { partsOf } from '../../wire/walk.ts'
import type { BodyPlan } from './body.ts'
import type { Parameter } from './parameters.ts'
import type { Tool } from './tool.ts'

/** What is wrong with the arguments of a call, for whoever made them. */
export class ArgumentProblem extends Error {
  override readonly name = 'ArgumentProblem'
}

export function argumentProblem(argument: string, problem: string): ArgumentProblem {
  return new ArgumentProblem(`The argument "${argument}" ${problem}.`)
}

export interface Argument {
  /** Numbers that JavaScript cannot hold are pieces of raw JSON. */
  readonly value: unknown
  /** As it was written. */
  readonly bytes: Buffer
}

export type Arguments = ReadonlyMap<string, Argument>

/** The arguments of a call, checked as far as a request depends on it; null counts as left out. */
export function readArguments(bytes: Buffer | undefined, tool: Tool): Arguments {
  const given = new Map<string, Argument>()
  if (bytes && bytes[0] !== 0x7b && bytes.toString() !== 'null')
    throw new ArgumentProblem('The arguments are no object.')
  for (const { key, start, end } of bytes ? partsOf(bytes) : []) {
    const name = decodeString(`"${key}"`)
    if (given.has(name)) throw argumentProblem(name, 'is given twice')
    const part = bytes?.subarray(start, end) ?? Buffer.alloc(0)
    given.set(name, { value: parseExact(part.toString()), bytes: part })
  }
  checkNames(given, tool)
  for (const parameter of tool.parameters) checkParameter(parameter, given.get(parameter.argument))
  if (tool.body) checkBody(tool.body, given.get('body'))
  return new Map([...given].filter(([, { value }]) => value !== null))
}

function checkNames(given: Arguments, { parameters, body }: Tool): void {
  const known = [...parameters.map(({ argument }) => argument), ...(body ? ['body'] : [])]
  for (const name of given.keys()) {
    if (known.includes(name)) continue
    const meant = nearest(name, known)
    if (meant !== undefined) throw argumentProblem(name, `is not known; "${meant}" is`)
    const others = known.length === 0 ? 'the tool takes none' : `there are ${known.join(', ')}`
    throw argumentProblem(name, `is not known: ${others}`)
  }
}

function checkParameter(parameter: Parameter, given: Argument | undefined): void {
  const { argument, isRequired, kinds, choices } = parameter
  if (given === undefined || given.value === null) {
    if (isRequired)
      throw argumentProblem(argument, `is missing: it is part of the ${parameter.place}`)
    return
  }
  const { value } = given
  if (kinds && ![...kinds].some((kind) => isOfKind(value, kind)))
    throw argumentProblem(
      argument,
      `must be of type ${[...kinds].join(' or ')}, not ${kindOf(value)}`,
    )
  if (choices && !choices.some((choice) => choice === value))
    throw argumentProblem(
      argument,
      `must be one of ${choices
        .slice(0, 20)
        .map((choice) => JSON.stringify(choice))
        .join(', ')}`,
    )
}

function checkBody({ isRequired, kind }: BodyPlan, given: Argument | undefined): void {
  if (given === undefined) {
    if (isRequired) throw argumentProblem('body', 'is missing')
    return
  }
  const { value } = given
  if (kind === 'form' && value !== null && !isRecord(value))
    throw argumentProblem('body', `must be of type object, not ${kindOf(value)}`)
  if (kind === 'text' && value !== null && typeof value !== 'string')
    throw argumentProblem('body', `must be of type string, not ${kindOf(value)}`)
}

function isOfKind(value: unknown, kind: string): boolean {
  const given = kindOf(value)
  if (kind === 'integer') return given === 'number' && /^-?\d+$/.test(JSON.stringify(value))
  return given === kind
}

/** The type in the words of JSON Schema; a number may be a piece of raw JSON. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value !== 'object') return typeof value
  return Object.isFrozen(value) && /^[-\d]/.test(JSON.stringify(value)) ? 'number' : 'object'
}
