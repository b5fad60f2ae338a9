import type { ByteText } from '../../wire/bytes.ts'
import { toJson } from '../../wire/bytes.ts'
import { decodeString } from '../../wire/message.ts'
import { partsOf, valueEnd } from '../../wire/walk.ts'

/**
 * JSON in one spelling, the same for whatever means the same: keys in order, texts without needless escapes, numbers
 * without needless digits, no space. Nothing is lost: what stands twice stays twice, and a number keeps its value
 * however large or fine it is. The bytes were scanned before.
 */
export function canonicalJson(bytes: Buffer, start = 0): ByteText {
  const first = bytes[start]
  const isObject = first === 0x7b
  if (!isObject && first !== 0x5b) return canonicalWord(bytes, start)
  const parts = partsOf(bytes, start).map(({ key, start: at }) => ({
    key: isObject ? `${toJson(decodeString(`"${key}"`))}:` : '',
    value: canonicalJson(bytes, at),
  }))
  // Stable, so that of two equal keys the last one stays the last.
  const ordered = isObject
    ? parts.toSorted((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0))
    : parts
  const inner = ordered.map(({ key, value }) => key + value).join(',')
  return isObject ? `{${inner}}` : `[${inner}]`
}

function canonicalWord(bytes: Buffer, start: number): ByteText {
  const raw = bytes.toString('latin1', start, valueEnd(bytes, start))
  if (raw.startsWith('"')) return toJson(decodeString(raw))
  return canonicalNumber(raw) ?? raw
}

/** More digits than this in an exponent are beyond every number there is. */
const longestExponent = 15

/** Digits and a power of ten, as text: `1.50`, `15e-1` and `1.5` are the same and `1.5000000000000000001` is not. */
function canonicalNumber(raw: ByteText): ByteText | undefined {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(raw) ?? []
  if (whole === '' || power.length > longestExponent) return undefined
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  let end = digits.length
  while (end > 0 && digits[end - 1] === '0') end--
  if (end === 0) return `${sign}0`
  const exponent = Number(power) - fraction.length + (digits.length - end)
  return `${sign}${digits.slice(0, end)}e${exponent}`
}
