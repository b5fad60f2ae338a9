import { isRecord } from '../kit/is-record.ts'

const secretName =
  /passw|passphrase|secret|token|credential|authori[sz]ation|cookie|private|signature|session|api[_-]?key|access[_-]?key|^key$|^auth$|^otp$|^pin$|dsn/i
/** The forms in which well-known services write their keys. */
const secretForm =
  /\b(?:sk-[\w-]{8,}|gh[pousr]_\w{16,}|github_pat_\w{16,}|xox[abprs]-[\w-]{8,}|gk_[\w-]{16,}|AKIA\w{12,}|eyJ[\w-]{8,}\.[\w-]+\.[\w-]*)|\b(?:Bearer|Basic)\s+[\w.~+/=-]{8,}|(?<=:\/\/[^\s/:@]{0,64}:)[^\s/@]{1,256}(?=@)/gi
export const hidden = '[hidden]'

const textLimit = 256
const roomLimit = 4096
const depthLimit = 8

/** Arguments as they are written down: without what looks secret, and never long. */
export function shownArguments(bytes: Buffer, hide: (text: string) => string): unknown {
  let room = roomLimit

  function show(value: unknown, depth: number): unknown {
    if (room <= 0 || depth > depthLimit) return '…'
    if (typeof value === 'string') return showText(value)
    if (Array.isArray(value)) return showEach(value.entries(), depth).map(([, item]) => item)
    if (isRecord(value)) return Object.fromEntries(showEach(Object.entries(value), depth))
    room -= 8
    return value
  }

  function showEach(
    entries: Iterable<readonly [string | number, unknown]>,
    depth: number,
  ): readonly (readonly [string | number, unknown])[] {
    const shown: (readonly [string | number, unknown])[] = []
    for (const [key, value] of entries) {
      if (room <= 0) {
        shown.push(['…', '…'])
        break
      }
      const name = typeof key === 'string' ? showText(key) : key
      const isSecret = typeof key === 'string' && secretName.test(key)
      shown.push([name, isSecret ? hidden : show(value, depth + 1)])
    }
    return shown
  }

  function showText(text: string): string {
    // What is cut off is not looked at, so what is shown must not end in half a secret.
    const head = text.length > 4 * textLimit ? text.slice(0, 4 * textLimit) : text
    const safe = hide(head).replaceAll(secretForm, hidden)
    const shown =
      text.length > textLimit ? `${safe.slice(0, textLimit)}… (${text.length} characters)` : safe
    room -= shown.length + 4
    return shown
  }

  try {
    return show(JSON.parse(bytes.toString()), 0)
  } catch {
    // Whatever a client sends, its call is written down.
    return '…'
  }
}

/** A URI without its password and its query, which may be a secret. */
export function shownUri(uri: string): string {
  return uri.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, '$1').replace(/[?#].*$/s, '?…')
}
