import { printParseErrorCode } from 'jsonc-parser'
import type { ParseError } from 'jsonc-parser'

/** What is wrong with the JSON at the place of a parse error, and what to do. */
export function printParseError({ error }: ParseError): string {
  return sentences.get(printParseErrorCode(error)) ?? 'this is not valid JSON here'
}

const sentences: ReadonlyMap<string, string> = new Map([
  ['InvalidSymbol', 'this word is not JSON: put text into double quotes'],
  ['InvalidNumberFormat', 'this is not a number in JSON'],
  ['PropertyNameExpected', 'a key in double quotes is expected here'],
  ['ValueExpected', 'a value is expected here'],
  ['ColonExpected', 'a ":" is expected here, between key and value'],
  ['CommaExpected', 'a "," is expected here, before the next entry'],
  ['CloseBraceExpected', 'a "}" is missing here'],
  ['CloseBracketExpected', 'a "]" is missing here'],
  ['EndOfFileExpected', 'the file should end here: remove what follows'],
  ['UnexpectedEndOfComment', 'this comment is never closed: add "*/"'],
  ['UnexpectedEndOfString', 'this string is never closed: add a double quote'],
  ['UnexpectedEndOfNumber', 'this number ends too early'],
  ['InvalidUnicode', 'after "\\u" four hexadecimal digits are expected'],
  ['InvalidEscapeCharacter', 'no such escape: write a backslash as "\\\\"'],
  ['InvalidCharacter', 'this character is not allowed here: write it as an escape'],
])
