import { parseExact } from '../../../kit/exact-json.ts'

// Everything the filter would take out, and what looks like a space and is none.
const unseen =
  /(?!\n)\p{Cc}|\p{Cf}|\p{Bidi_Control}|[\u2028\u2029\u00A0\u2000-\u200B\u202F\u205F\u3000\u3164\uFFA0\u{E0000}-\u{E007F}]|\p{Cs}/gu

/** Arguments as lines in which nothing is hidden: what cannot be seen is written as its number. */
export function printableArguments(json: string): string {
  return JSON.stringify(parsed(json), null, 2).replace(unseen, escaped)
}

function parsed(json: string): unknown {
  try {
    return parseExact(json)
  } catch {
    // What is no JSON is shown as it is.
    return json
  }
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('')
}
