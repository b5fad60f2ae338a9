// Where a number stands, by the grammar of RFC 8259.
export const MINUS = 0
export const ZERO = 1
export const INTEGER = 2
const POINT = 3
const FRACTION = 4
const EXPONENT = 5
const EXPONENT_SIGN = 6
const EXPONENT_DIGITS = 7

/** The next place in the number grammar, or -1 when the byte is not part of the number. */
export function numberStep(at: number, byte: number): number {
  const isDigit = byte >= 0x30 && byte <= 0x39
  switch (at) {
    case MINUS:
      return byte === 0x30 ? ZERO : isDigit ? INTEGER : -1
    case ZERO:
    case INTEGER:
      if (isDigit) return at === INTEGER ? INTEGER : -1
      return byte === 0x2e ? POINT : byte === 0x65 || byte === 0x45 ? EXPONENT : -1
    case POINT:
      return isDigit ? FRACTION : -1
    case FRACTION:
      return isDigit ? FRACTION : byte === 0x65 || byte === 0x45 ? EXPONENT : -1
    case EXPONENT:
      return isDigit ? EXPONENT_DIGITS : byte === 0x2b || byte === 0x2d ? EXPONENT_SIGN : -1
    default:
      return isDigit ? EXPONENT_DIGITS : -1
  }
}

/** Whether a number may end at this place. */
export function isWholeNumber(at: number): boolean {
  return at === ZERO || at === INTEGER || at === FRACTION || at === EXPONENT_DIGITS
}

/** Whether the byte may follow a backslash, `u` apart. */
export function isEscapable(byte: number): boolean {
  // " \ / b f n r t
  return (
    byte === 0x22 ||
    byte === 0x5c ||
    byte === 0x2f ||
    byte === 0x62 ||
    byte === 0x66 ||
    byte === 0x6e ||
    byte === 0x72 ||
    byte === 0x74
  )
}

export function isHex(byte: number): boolean {
  const lower = byte | 0x20
  return (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x66)
}
