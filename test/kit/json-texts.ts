import * as fc from 'fast-check'

/** Any text of whole characters, of every plane. */
export const anyText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.integer({ max: 0x7f, min: 0 }), fc.integer({ min: 0x80, max: 0x10ffff })), {
    maxLength: 12,
  })
  .map((points) => String.fromCodePoint(...points).toWellFormed())

const space = fc.constantFrom('', '', '', ' ', '\n', '\r\n', '\t', '  \t ')
const number = fc.constantFrom(
  '0',
  '-0',
  '7',
  '-12',
  '1.5',
  '0.001',
  '1e9',
  '-1E+5',
  '2e-3',
  '1e400',
  '9007199254740993',
)
const literal = fc.constantFrom('true', 'false', 'null')
const character = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...'aB 9_/{}[]:,.'.split('')) },
  { weight: 2, arbitrary: fc.constantFrom('é', '漢', '😀', '\u2028', '\u007f') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('\\n', '\\"', '\\\\', '\\/', '\\u00e9', '\\ud83d', '\\u0000'),
  },
)
const string = fc
  .oneof(
    { weight: 8, arbitrary: fc.array(character, { maxLength: 12 }) },
    { weight: 1, arbitrary: fc.array(character, { minLength: 40, maxLength: 200 }) },
  )
  .map((characters) => `"${characters.join('')}"`)

/** Members of the envelope beside foreign ones, and near misses of both. */
const key = fc.oneof(
  { weight: 1, arbitrary: string },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('jsonrpc', 'id', 'method', 'params', 'name', '_meta', 'result', 'i', 'ids', 'x')
      .map((word) => `"${word}"`),
  },
)

const joined = (open: string, close: string, item: fc.Arbitrary<string>) =>
  fc
    .array(fc.tuple(space, item, space), { maxLength: 5 })
    .chain((items) =>
      space.map((empty) =>
        items.length === 0
          ? `${open}${empty}${close}`
          : `${open}${items.map((parts) => parts.join('')).join(',')}${close}`,
      ),
    )

const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.oneof(number, literal, string),
    joined('[', ']', tie('value')),
    joined(
      '{',
      '}',
      fc
        .tuple(key, space, space, tie('value'))
        .map(([name, a, b, inner]) => name + a + ':' + b + inner),
    ),
  ),
}))

/** Texts of JSON in every spelling the grammar has. */
export const jsonTexts: fc.Arbitrary<string> = fc
  .tuple(space, value, space)
  .map((parts) => parts.join(''))

const harm = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...'{}[]:,"\\ 0123456789eE+-.u'.split('')) },
  { weight: 2, arbitrary: fc.constantFrom('\n', '\0', '\t', '\u001f', 'true', 'nul', '01', '//') },
)

/** JSON that something happened to: bytes lost, put in, changed or swapped. Much of it is still JSON. */
export const harmedTexts: fc.Arbitrary<Buffer> = fc
  .tuple(
    jsonTexts,
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.constantFrom('insert', 'drop', 'change', 'cut', 'byte'),
        harm,
        fc.nat(255),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([text, harms]) => {
    let bytes = Buffer.from(text)
    for (const [place, kind, put, byte] of harms) {
      const at = place % (bytes.length + 1)
      const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
      if (kind === 'insert') bytes = Buffer.concat([before, Buffer.from(put), after])
      else if (kind === 'drop') bytes = Buffer.concat([before, after.subarray(1)])
      else if (kind === 'change')
        bytes = Buffer.concat([before, Buffer.from(put), after.subarray(1)])
      else if (kind === 'cut') bytes = Buffer.from(before)
      else bytes = Buffer.concat([before, Buffer.from([byte]), after.subarray(1)])
    }
    return bytes
  })

/** The bytes in pieces, split at places that `cuts` name. */
export function piecesOf(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b)
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length))
}
