import { isRecord } from '../../../kit/is-record.ts'
import { plainLine } from '../../../kit/plain.ts'

/** One thing a server wants to know. */
export interface Field {
  readonly name: string
  readonly label: string
  /** What may be answered, in brackets; begins with a space, or is empty. */
  readonly hint: string
  readonly type: string
  readonly choices: readonly string[]
  readonly isRequired: boolean
  readonly preset: unknown
}

export type FieldAnswer = { readonly value: unknown } | { readonly problem: string }

/** The fields of a form, in its order. */
export function fieldsOf(schema: Readonly<Record<string, unknown>>): readonly Field[] {
  const { properties, required } = schema
  const needed: readonly unknown[] = Array.isArray(required) ? required : []
  return Object.entries(isRecord(properties) ? properties : {}).map(([name, property]) => {
    const { title, description, type, default: preset } = isRecord(property) ? property : {}
    const label = [title, description].find((one) => typeof one === 'string')
    const choices = choicesOf(property)
    const isRequired = needed.includes(name)
    return {
      name,
      label: typeof label === 'string' ? label : name,
      hint: hintOf({ type, choices, preset, isRequired }),
      type: typeof type === 'string' ? type : 'string',
      choices,
      isRequired,
      preset,
    }
  })
}

function choicesOf(property: unknown): readonly string[] {
  if (!isRecord(property)) return []
  const { enum: plainChoices, oneOf, anyOf, items } = property
  if (Array.isArray(plainChoices)) return plainChoices.filter((one) => typeof one === 'string')
  const titled = Array.isArray(oneOf) ? oneOf : anyOf
  if (Array.isArray(titled)) {
    return titled.flatMap((one) =>
      isRecord(one) && typeof one['const'] === 'string' ? [one['const']] : [],
    )
  }
  return isRecord(items) ? choicesOf(items) : []
}

interface Hinted {
  readonly type: unknown
  readonly choices: readonly string[]
  readonly preset: unknown
  readonly isRequired: boolean
}

function hintOf({ type, choices, preset, isRequired }: Hinted): string {
  const what = choices.length > 0 ? choices.map(plainLine).join(' | ') : kinds.get(String(type))
  const several = type === 'array' ? ', with commas between' : ''
  const empty =
    preset !== undefined
      ? `empty: ${plainLine(typeof preset === 'string' ? preset : JSON.stringify(preset))}`
      : isRequired
        ? undefined
        : 'may be empty'
  const hints = [what && `${what}${several}`, empty].filter((one) => one !== undefined)
  return hints.length === 0 ? '' : ` (${hints.join('; ')})`
}

const kinds: ReadonlyMap<string, string> = new Map([
  ['number', 'a number'],
  ['integer', 'a whole number'],
  ['boolean', 'yes or no'],
])

/** An answer in the type of its field; what is left empty is left out. */
export function readField(field: Field, written: string): FieldAnswer {
  const text = written.trim()
  if (text === '') {
    if (field.preset !== undefined) return { value: field.preset }
    return field.isRequired ? { problem: 'This one is needed.' } : { value: undefined }
  }
  if (field.type === 'array') {
    const parts = text.split(',').map((part) => part.trim())
    const stray = parts.find((part) => field.choices.length > 0 && !field.choices.includes(part))
    return stray === undefined ? { value: parts } : { problem: choose(field) }
  }
  if (field.choices.length > 0) {
    return field.choices.includes(text) ? { value: text } : { problem: choose(field) }
  }
  return readTyped(field.type, text)
}

function readTyped(type: string, text: string): FieldAnswer {
  if (type === 'boolean') {
    if (/^(?:y|yes|true)$/i.test(text)) return { value: true }
    if (/^(?:n|no|false)$/i.test(text)) return { value: false }
    return { problem: 'Answer yes or no.' }
  }
  if (type !== 'number' && type !== 'integer') return { value: text }
  const number = Number(text)
  const isRight = type === 'integer' ? Number.isSafeInteger(number) : Number.isFinite(number)
  return isRight
    ? { value: number }
    : { problem: type === 'integer' ? 'Write a whole number.' : 'Write a number.' }
}

function choose({ choices }: Field): string {
  return `Choose from ${choices.join(', ')}.`
}
