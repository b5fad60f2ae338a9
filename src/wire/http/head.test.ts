import { expect, test } from 'vitest'
import { HttpError, parseHead } from './head.ts'

const head = (...lines: readonly string[]) => parseHead(['HTTP/1.1 200 OK', ...lines].join('\r\n'))

test('says the status and how the end of the body is known', () => {
  expect(head('Content-Length: 12').framing).toEqual({ kind: 'length', bytes: 12 })
  expect(head('transfer-encoding:\tChunked ').framing).toEqual({ kind: 'chunked' })
  expect(head().framing).toEqual({ kind: 'close' })
  expect(parseHead('HTTP/1.1 404 ')).toMatchObject({ status: 404, framing: { kind: 'close' } })
})

test.each(['100 Continue', '103', '204 No Content', '304 Not Modified'])(
  '%s has no body, whatever its headers say',
  (status) => {
    expect(parseHead(`HTTP/1.1 ${status}\r\nContent-Length: 5`).framing).toEqual({
      kind: 'length',
      bytes: 0,
    })
    expect(() => parseHead(`HTTP/1.1 ${status}\r\nContent-Length: five`)).toThrow(HttpError)
  },
)

test('finds headers by name without regard to case, several as one list', () => {
  const found = head('X-A: 1', 'x-ab: no', 'Mcp-Session-Id:  s 1 ', 'x-a:', 'X-A:\t3')

  expect(found.get('x-a')).toBe('1, , 3')
  expect(found.get('mcp-session-id')).toBe('s 1')
  expect(found.get('x')).toBeUndefined()
  expect(found.get('x-abc')).toBeUndefined()
})

test('space around a value goes, and nothing else', () => {
  expect(head('X: \u00a0a\u00a0').get('x')).toBe('\u00a0a\u00a0')
  expect(() => head('Content-Length: 5\u00a0')).toThrow('the content length "5\u00a0"')
  expect(() => head('Transfer-Encoding: chunked\u00a0')).toThrow(HttpError)
})

test('a name that only resembles a framing header frames nothing', () => {
  expect(head('Content-Lengts: 5', 'Content_Length: 6', 'ontent-length:7').framing).toEqual({
    kind: 'close',
  })
  expect(() => head('Content-\u212aength: 5')).toThrow('a malformed header line')
})

test('a connection is kept unless the protocol or any Connection header says otherwise', () => {
  expect(head().keepAlive).toBe(true)
  expect(head('Connection: keep-alive').keepAlive).toBe(true)
  expect(head('Connection: Close').keepAlive).toBe(false)
  expect(head('Connection: x', 'connection: upgrade, CLOSE').keepAlive).toBe(false)
  expect(parseHead('HTTP/1.0 200 OK').keepAlive).toBe(false)
  expect(parseHead('HTTP/1.0 200 OK\r\nConnection: keep-alive').keepAlive).toBe(false)
})

test('reads how long the server keeps a connection', () => {
  expect(head('Keep-Alive: timeout=5, max=100').keepAliveMs).toBe(5000)
  expect(head('Keep-Alive: max=100').keepAliveMs).toBeUndefined()
  expect(head().keepAliveMs).toBeUndefined()
})

test('the content type is in lower case, and empty when nobody says it', () => {
  expect(head('Content-Type: Text/Event-Stream; Charset=UTF-8').contentType).toBe(
    'text/event-stream; charset=utf-8',
  )
  expect(head().contentType).toBe('')
})
