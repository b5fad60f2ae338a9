/** What the language has and the compiler's library does not describe yet. */
interface ExactJson {
  readonly parse: (text: string, reviver: Reviver) => unknown
  readonly rawJSON: (text: string) => unknown
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

const { parse, rawJSON }: ExactJson = Object(JSON)

/**
 * Parses JSON so that `JSON.stringify` gives back every number as it was written: one that a
 * JavaScript number cannot hold (9007199254740993, 1e400) becomes a raw piece of JSON.
 */
export function parseExact(text: string): unknown {
  return parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined && isLossy(value, source)
      ? rawJSON(source)
      : value,
  )
}

function isLossy(value: number, source: string): boolean {
  if (String(value) === source) return false
  const digits =
    /^-?([\d.]+)/
      .exec(source)?.[1]
      ?.replace('.', '')
      .replace(/^0+|0+$/g, '') ?? ''
  return !Number.isFinite(value) || digits.length > 15
}
