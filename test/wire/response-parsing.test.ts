import type { IncomingMessage } from 'node:http'
import { request as nodeRequest } from 'node:http'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { piecesOf } from '../kit/json-texts.ts'
import { openClient, post } from '../kit/relayed.ts'
import type { RawServer } from '../kit/raw-server.ts'
import { startRawServer } from '../kit/raw-server.ts'
import { verifies } from '../requirements/verifies.ts'

interface Script {
  readonly pieces: readonly Buffer[]
}

/** Answers each request with the pieces of the current script, then ends the stream. */
async function startScripted() {
  let script: Script = { pieces: [] }
  const server = await startRawServer(({ socket }) => {
    const [...pieces] = script.pieces
    socket.setNoDelay(true)
    const next = () => {
      const piece = pieces.shift()
      if (piece === undefined) return socket.end()
      return socket.write(piece, () => setImmediate(next))
    }
    next()
  })
  return { server, play: (pieces: readonly Buffer[]) => (script = { pieces }) }
}

type Read = { readonly status: number; readonly body: string } | undefined

/** How Node's own parser reads the answer; undefined when it refuses it. */
async function nodeReads({ port }: RawServer): Promise<Read> {
  const request = nodeRequest({ port, host: '127.0.0.1', method: 'POST', agent: false })
  const { promise, resolve } = Promise.withResolvers<Read>()
  let response: IncomingMessage | undefined
  request.on('response', (begun) => {
    const chunks: Buffer[] = []
    const status = begun.statusCode ?? 0
    response = begun
    begun.on('data', (chunk: Buffer) => chunks.push(chunk))
    begun.on('error', () => resolve(undefined))
    begun.on('end', () => resolve({ status, body: Buffer.concat(chunks).toString('latin1') }))
  })
  // What comes after a complete answer is no part of it.
  request.on('error', () => response?.complete || resolve(undefined))
  request.end()
  return promise
}

async function weRead(server: RawServer): Promise<Read> {
  using client = openClient(server.url)
  const answer = await post(client).answer
  return 'problem' in answer ? undefined : { status: answer.status, body: answer.body }
}

/** Words apart by bars; the first is right and comes most of the time. */
function mostly(words: string): fc.Arbitrary<string> {
  const [usual = '', ...others] = words.split('|')
  return fc.oneof(
    { weight: 8, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  )
}

const line = mostly('\r\n|\n|\r|\r\r\n|\n\r|\r\n ')
const statusLine = mostly(
  'HTTP/1.1 200 OK|HTTP/1.1 200|HTTP/1.1 200 |HTTP/1.0 200 OK|HTTP/2.0 200 OK|http/1.1 200 OK|' +
    'HTTP/1.1  200 OK|HTTP/1.1 20 OK|HTTP/1.1 2000 OK|HTTP/1.1 200OK|HTTP/1.12 200|ICY 200 OK|' +
    'HTTP/1.1 204 No|HTTP/1.1 304 No|HTTP/1.1 099 No|HTTP/1.1 999 No|HTTP/1.1 404 \u00e9|' +
    ' HTTP/1.1 200 OK|HTTP/1.1\t200 OK|HTTP/1.1 200 O\0K|HTTP/1.1 2x0 OK',
)
const header = mostly(
  'Content-Type: text/plain|X: |X:|X:\u00e9|X: a\tb|x-y_z!: 1|Connection: close|' +
    'Connection: keep-alive|Keep-Alive: timeout=5|Connection: upgrade|Upgrade: h2c|Trailer: X|' +
    'X : 1| X: 1|: 1|X|X: \0|X: a\x01b|X: \x7f|X"Y: 1|X: a\\b|Transfer-Encoding: identity|' +
    'Content-Length : 5|Content-Length: 0|Transfer-Encoding: gzip, chunked',
)
const lengths = mostly(
  'Content-Length: 5|content-LENGTH:5|Content-Length: 5 |Content-Length:\t5|Content-Length: 05|' +
    'Content-Length: 5, 5|Content-Length: +5|Content-Length: -5|Content-Length: 0x5|' +
    'Content-Length: 5a|Content-Length: |Content-Length: 5 5|Content-Length: 5\u00a0|' +
    'Content-Length: 99999999999999999999|Content-Length: 5\x0b|Content-Length: 5.0',
)
const encodings = mostly(
  'Transfer-Encoding: chunked|transfer-encoding:CHUNKED|Transfer-Encoding: chunked |' +
    'Transfer-Encoding: chunked\u00a0|Transfer-Encoding: chunked, chunked|Transfer-Encoding:|' +
    'Transfer-Encoding: xchunked|Transfer-Encoding: "chunked"|Transfer-Encoding: chunked\x0b|' +
    'Transfer-Encoding: chunked;q',
)
const size = mostly(
  '5|05|5 | 5|5;|5;a|5;a=b|5;a="b c"|5;a="\x01"|5 ;a|5; a|5;\x01|0x5|+5|-5|5g||fffffffff|' +
    '100000005|5;a\nb|5;a="b|5;\u00e9|5,a',
)
const last = mostly('0|00|0;a|0 ||000000000|0\0')
const trailer = mostly(
  '|X: 1\r\n|X : 1\r\n|X\r\n|X: \0\r\n| X: 1\r\n|X: 1\n|Content-Length: 5\r\n|: 1\r\n|' +
    'X: 1\r\nY: 2\r\n|Transfer-Encoding: chunked\r\n|X: \u00e9\r\n|X: a\x7f\r\n',
)
const chunked = fc
  .tuple(size, line, mostly('hello|hell|hello!'), line, last, line, trailer, line)
  .map((parts) => parts.join(''))
const plain = mostly('hello||hell|hello, world|hello\r\n\r\n')

const odd = fc.oneof({ weight: 8, arbitrary: header }, lengths, encodings)

const answers = fc
  .tuple(
    mostly('|HTTP/1.1 100 Continue\r\n\r\n|HTTP/1.1 103 Early\r\nLink: x\r\n\r\n|\r\n|x'),
    statusLine,
    line,
    fc.oneof(
      fc.tuple(lengths, plain),
      fc.tuple(encodings, chunked),
      fc.tuple(fc.constant('Content-Type: text/plain'), fc.oneof(plain, chunked)),
    ),
    line,
    fc.array(fc.tuple(odd, line), {
      maxLength: 2,
    }),
    line,
  )
  .map(([early, first, end, [framing, body], end2, headers, end3]) =>
    [early, first, end, ...headers.flat(), framing, end2, end3, body].join(''),
  )

/** Also with a byte changed, dropped or put in. */
const harmed = fc
  .tuple(
    answers,
    fc.option(fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 2 })), { freq: 1 }),
  )
  .map(([text, harm]) => {
    if (!harm) return text
    const [place, byte, kind] = harm
    const at = place % (text.length + 1)
    const put = kind === 2 ? '' : String.fromCharCode(byte)
    return text.slice(0, at) + put + text.slice(kind === 0 ? at : at + 1)
  })

verifies(
  'wire:http:strict-framing',
  "refuses every answer that Node's own parser refuses, and reads the others alike",
  async () => {
    const { server, play } = await startScripted()
    await using running = server
    let agreed = 0
    await fc.assert(
      fc.asyncProperty(harmed, fc.array(fc.nat(), { maxLength: 3 }), async (text, cuts) => {
        play(piecesOf(Buffer.from(text, 'latin1'), cuts))
        const [theirs, ours] = [await nodeReads(running), await weRead(running)]
        if (ours) agreed++

        if (ours) expect(ours).toEqual(theirs)
      }),
      { numRuns: 1500 },
    )
    expect(agreed).toBeGreaterThan(150)
  },
  60_000,
)
