import { egressRefused } from './policy.ts'

export type HeaderList = Readonly<Record<string, string>>

/** Belong to one connection or are derived from the request itself: a configuration cannot know them. */
const ours = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
/** Cannot carry a secret, so they may follow a redirect to somebody else. */
const harmless = new Set(['accept', 'accept-encoding', 'accept-language', 'user-agent'])

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const text = /^[\t\x20-\x7e]*$/

/** Why a header may not be sent, or nothing; the value is not shown, it may be a secret. */
export function headerProblem(name: string, value: string): string | undefined {
  if (!token.test(name)) return `${JSON.stringify(name)} is not a header name`
  if (ours.has(name.toLowerCase())) return `header "${name}" is set by the gateway itself`
  if (!text.test(value))
    return `the value of header "${name}" has characters other than printable ASCII`
  return undefined
}

/** The headers with their names in lower case, if all of them may be sent. */
export function checkHeaders(url: URL, headers: HeaderList): Record<string, string> {
  const checked: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const problem = headerProblem(name, value)
    if (problem) throw egressRefused(url, problem)
    const key = name.toLowerCase()
    if (key in checked) throw egressRefused(url, `header "${name}" is given twice`)
    checked[key] = value
  }
  return checked
}

export function mayCarrySecret(headers: HeaderList): boolean {
  return Object.keys(headers).some((name) => !harmless.has(name.toLowerCase()))
}
