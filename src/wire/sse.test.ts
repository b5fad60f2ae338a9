import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { verifies } from '../../test/requirements/verifies.ts'
import { createSseParser, sseComment, sseEvent, sseEventParts } from './sse.ts'
import type { SseEvent } from './sse.ts'

type Told = 'oversize' | (Omit<SseEvent, 'data'> & { data: string })

function parse(chunks: readonly Buffer[], limitBytes = 1 << 20): Told[] {
  const told: Told[] = []
  const parser = createSseParser({
    limitBytes,
    onEvent: (event) => void told.push({ ...event, data: event.data.toString() }),
    onOversize: () => void told.push('oversize'),
  })
  for (const chunk of chunks) parser.push(chunk)
  parser.end()
  return told
}

const parseText = (text: string) => parse([Buffer.from(text)])

/** The standard's own words, on text that is there as a whole. */
function reference(bytes: Buffer, limitBytes: number): Told[] {
  const text = bytes.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '')
  const told: Told[] = []
  let lines: string[] = []
  for (const line of text.split(/\r\n|\r|\n/).slice(0, -1)) {
    if (line.startsWith(':')) continue
    if (line !== '') lines.push(line)
    else {
      const event = eventOf(lines, limitBytes)
      if (event) told.push(event)
      lines = []
    }
  }
  const last = text.split(/\r\n|\r|\n/).at(-1) ?? ''
  if (sizeOf([...lines, last.startsWith(':') ? '' : last]) > limitBytes) told.push('oversize')
  return told
}

const sizeOf = (lines: readonly string[]) => lines.reduce((sum, line) => sum + line.length, 0)

function eventOf(lines: readonly string[], limitBytes: number): Told | undefined {
  if (sizeOf(lines) > limitBytes) return 'oversize'
  const fields = lines.map((line) => {
    const [, name = '', value = ''] = /^([^:]*):? ?([^]*)$/.exec(line) ?? []
    return { name, value: Buffer.from(value, 'latin1').toString() }
  })
  const data = fields.filter(({ name }) => name === 'data').map(({ value }) => value)
  const event = fields.findLast(({ name }) => name === 'event')?.value
  const id = fields.findLast(({ name, value }) => name === 'id' && !value.includes('\0'))?.value
  const retry = fields.findLast(({ name, value }) => name === 'retry' && /^\d+$/.test(value))?.value
  if (data.length === 0 && id === undefined && retry === undefined) return undefined
  return {
    data: data.join('\n'),
    ...(event === undefined ? {} : { event }),
    ...(id === undefined ? {} : { id }),
    ...(retry === undefined ? {} : { retryMs: Math.min(60_000, Math.max(100, Number(retry))) }),
  }
}

const ends = fc.constantFrom('\n', '\r', '\r\n', '\n\n', '\r\r', '\r\n\r\n')
const starts = fc.constantFrom(
  'data: ',
  'data:',
  'data',
  'id: ',
  'id',
  'retry: ',
  'event: ',
  ': ',
  'datax: ',
  ' ',
)
const values = fc.oneof(
  fc.constantFrom('', '{"a":1}', '50', '1e12', '9000', 'ä€😀', '\u{feff}', 'a\0b', ':', ' x'),
  fc.string({ unit: 'binary', maxLength: 6 }),
)
const streams = fc
  .tuple(
    fc.constantFrom('', '\u{feff}'),
    fc.array(
      fc.oneof(
        ends,
        fc.tuple(starts, values, ends).map((parts) => parts.join('')),
      ),
      { maxLength: 25 },
    ),
  )
  .map(([mark, parts]) => Buffer.from(mark + parts.join('')))

function splitAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted(
    (a, b) => a - b,
  )
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
}

describe('SSE parser', () => {
  verifies(
    'edge:23-sse-parsing',
    'any stream, split anywhere, gives the events the standard describes',
    () => {
      const cuts = fc.array(fc.nat({ max: 1000 }), { maxLength: 20 })
      const limits = fc.constantFrom(5, 12, 30, 1 << 20)

      fc.assert(
        fc.property(streams, cuts, limits, (bytes, cutsAt, limitBytes) => {
          expect(parse(splitAt(bytes, cutsAt), limitBytes)).toEqual(reference(bytes, limitBytes))
        }),
        { numRuns: 2000 },
      )
    },
  )

  test('every stream gives the same events byte by byte as in one piece', () => {
    fc.assert(
      fc.property(streams, (bytes) => {
        expect(parse(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(parse([bytes]))
      }),
      { numRuns: 300 },
    )
  })

  verifies(
    'edge:23-sse-parsing',
    'line ends, BOM, comments, many data lines, no space, empty data',
    () => {
      expect(parseText('\u{feff}data: a\r\rdata:b\r\ndata:  c\n\n: hi\ndata\ndata\n\n')).toEqual([
        { data: 'a' },
        { data: 'b\n c' },
        { data: '\n' },
      ])
      expect(parseText('id: 7\nretry: 500\ndata:\n\n')).toEqual([
        { data: '', id: '7', retryMs: 500 },
      ])
      expect(
        parse([Buffer.from('data: a\r'), Buffer.from('\n\r'), Buffer.from('\ndata: b\n\n')]),
      ).toEqual([{ data: 'a' }, { data: 'b' }])
    },
  )

  test('an event ends at its lone CR without waiting for what may follow', () => {
    expect(parse([Buffer.from('data: a\r\r')])).toEqual([{ data: 'a' }])
  })

  test('an event of one data line in one chunk is a view of the chunk', () => {
    const chunk = Buffer.from('event: message\ndata: {"a":1}\n\n')
    const seen: Buffer[] = []

    createSseParser({
      limitBytes: 100,
      onEvent: ({ data }) => void seen.push(data),
      onOversize: () => expect.unreachable(),
    }).push(chunk)

    expect(seen.map(String)).toEqual(['{"a":1}'])
    expect(seen[0]?.byteOffset).toBe(chunk.byteOffset + chunk.indexOf('{'))
  })

  test('retry is kept between 100 ms and 60 s, an id with NUL or of absurd length is ignored', () => {
    expect(parseText('retry: 0\n\nretry: 99999999999999999999\n\nretry: 1e3\n\n')).toEqual([
      { data: '', retryMs: 100 },
      { data: '', retryMs: 60_000 },
    ])
    expect(parseText(`id: a\0b\ndata: 1\n\nid: ${'x'.repeat(5000)}\ndata: 2\n\n`)).toEqual([
      { data: '1' },
      { data: '2' },
    ])
  })

  test('an event that never ends is told once and the one after it arrives', () => {
    const chunk = Buffer.alloc(65_536, 'x')
    const flood = Array.from({ length: 64 }, () => chunk)

    expect(
      parse([Buffer.from('data: '), ...flood, Buffer.from('\ndata: y\n\ndata: next\n\n')], 1 << 20),
    ).toEqual(['oversize', { data: 'next' }])
  })

  test('comments of any length and number are no event and no error', () => {
    const long = [Buffer.from(':'), ...Array.from({ length: 40 }, () => Buffer.alloc(65_536, 'c'))]

    expect(parse([...long, Buffer.from('\n'.concat(':\n'.repeat(10_000), 'data: 1\n\n'))])).toEqual(
      [{ data: '1' }],
    )
  })
})

describe('SSE writer', () => {
  test('what it writes is what a parser reads, whatever white space the JSON has', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(0, 1, 2), (json, indent) => {
        const text = JSON.stringify(JSON.parse(json), undefined, indent)
        const written = [sseEvent(text), sseEvent(Buffer.from(text)).toString()]

        for (const event of written) {
          const [told] = parseText(event)
          expect(told).toMatchObject({ event: 'message' })
          expect(JSON.parse(typeof told === 'object' ? told.data : '')).toEqual(JSON.parse(text))
        }
      }),
    )
  })

  test('a payload with line ends cannot begin a field of its own', () => {
    const attack = '1\n\nevent: endpoint\ndata: http://evil\r\n\r\n'

    expect(parseText(sseEvent(attack))).toEqual(parse([sseEvent(Buffer.from(attack))]))
    expect(parseText(sseEvent(attack))).toEqual([
      { event: 'message', data: '1  event: endpoint data: http://evil    ' },
    ])
  })

  test('a payload without line ends is not copied, and id and retry come before it', () => {
    const json = Buffer.from('{"a":1}')

    expect(sseEventParts(json)[1]).toBe(json)
    expect(sseEvent('1', { id: '7\nx', retryMs: 500 })).toBe(
      'id: 7x\nretry: 500\nevent: message\ndata: 1\n\n',
    )
    expect(parseText(sseComment('a\n\ndata: b') + sseEvent('2'))).toEqual([
      { event: 'message', data: '2' },
    ])
  })
})
