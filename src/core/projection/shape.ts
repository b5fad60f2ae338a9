/** The types a value can have, apart from null. */
export type JsonType = (typeof jsonTypes)[number]

export const jsonTypes = ['string', 'number', 'integer', 'boolean', 'object', 'array'] as const

/**
 * A JSON Schema in one plain form, without references: what every provider's own form is printed from.
 * What it leaves out only lets more through; the server checks the arguments all the same.
 */
export interface Shape {
  /** Empty: any. */
  readonly types: readonly JsonType[]
  readonly isNullable: boolean
  readonly description: string | undefined
  readonly default: unknown
  /** The only values there are, without null. */
  readonly values: readonly unknown[] | undefined
  readonly text: TextRules
  readonly bounds: Bounds
  readonly list: ListRules
  readonly properties: ReadonlyMap<string, Shape>
  readonly required: readonly string[]
  /** What further properties look like; false: there are none. */
  readonly further: Shape | boolean
  /** It looks like one of these; then nothing else here says what it looks like. */
  readonly choices: readonly Shape[]
}

export interface TextRules {
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
}

export interface Bounds {
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
}

export interface ListRules {
  readonly items?: Shape
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: true
}

export const anything: Shape = {
  types: [],
  isNullable: false,
  description: undefined,
  default: undefined,
  values: undefined,
  text: {},
  bounds: {},
  list: {},
  properties: new Map(),
  required: [],
  further: true,
  choices: [],
}

/** Why a tool cannot be shown to a provider. */
export class Unprojectable extends Error {
  override readonly name = 'Unprojectable'
}
