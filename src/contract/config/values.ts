import { z } from 'zod'

/** The kinds of value that the schema is made of, each with what to write when it is not valid. */
export const notAnObject = { error: 'write an object in braces' }

const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/
// Node refuses these in a header value; a line break would start another header.
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/

export function wholeNumber(minimum: number, maximum: number, unit: string) {
  const counted = unit === '' ? 'a whole number' : `a whole number of ${unit}`
  const error = `write ${counted} from ${minimum} to ${maximum}`
  return z.int({ error }).min(minimum, { error }).max(maximum, { error })
}

export function milliseconds(minimum = 0) {
  return wholeNumber(minimum, 86_400_000, 'milliseconds')
}

export function number(minimum: number, maximum: number) {
  const error = `write a number from ${minimum} to ${maximum}`
  return z.number({ error }).min(minimum, { error }).max(maximum, { error })
}

export function trueOrFalse() {
  return z.boolean({ error: 'write true or false' })
}

export function plainText() {
  return z.string({ error: 'write a string in double quotes' })
}

/** What stands in guides and defaults, and is tried first. */
const wellKnown = /change-?me|default|insecure|passw(?:or)?d|example|12345678/i

function isHardToGuess(text: string): boolean {
  return text.length >= 32 && new Set(text).size >= 8 && !wellKnown.test(text)
}

/** A secret that somebody chose. */
export function chosenSecret() {
  return plainText().refine(isHardToGuess, {
    error:
      'use a random secret of at least 32 characters, for example one that `openssl rand -hex 32` prints, as `${env:AGENT_KEY}`',
  })
}

export function textList() {
  return z.array(plainText(), { error: 'write a list of strings in square brackets' }).readonly()
}

export function httpUrl() {
  return plainText().superRefine((url, context) => {
    const problem = urlProblem(url)
    if (problem) context.addIssue({ code: 'custom', message: problem })
  })
}

/** Headers to send; `own` are those that Gantry sets itself. */
export function headerMap(own: RegExp) {
  const name = plainText()
    .regex(headerName, { error: 'this is not a header name' })
    .refine((header) => !own.test(header), { error: 'Gantry sets this header itself; remove it' })
  const value = plainText().regex(headerValue, {
    error: 'a header value is one line of characters up to U+00FF',
  })
  return z
    .record(name, value, { error: 'write an object of strings' })
    .refine(
      (headers) => new Set(Object.keys(headers).map(lower)).size === Object.keys(headers).length,
      { error: 'the same header is given twice, in different letter case; keep one' },
    )
    .readonly()
    .default({})
}

function urlProblem(url: string): string | undefined {
  const parsed = URL.parse(url)
  if (!parsed) return 'write a whole URL such as "https://docs.example.com/mcp"'
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    return 'only http and https are supported by this version'
  }
  if (parsed.username || parsed.password) {
    return 'take the user name and password out and write an "Authorization" header instead'
  }
  return parsed.hash ? 'remove the part from "#" on' : undefined
}

function lower(name: string): string {
  return name.toLowerCase()
}
