import { expect, test } from 'vitest'
import { toBuffer } from './bytes.ts'
import { Multiplex } from './multiplex.ts'

const message = 1

/** Two ends of a way that can be cut: what one sends lies there until it is delivered. */
function openEnd(windowBytes = 1000) {
  const sent: Buffer[] = []
  const acks: number[] = []
  const end = new Multiplex({ windowBytes, acknowledge: (received) => acks.push(received) })
  return { end, sent, acks, socket: { send: (frame: Buffer) => void sent.push(frame) } }
}

const textOf = (frame: Buffer) => frame.toString('latin1', 5)

test('a frame comes out as what went in', () => {
  const { end, sent, socket } = openEnd()
  end.attach(socket, 0)
  end.send(message, 7, 'a text')
  end.send(2, 4_000_000_000, [Buffer.from('in '), Buffer.from('pieces')])
  const other = openEnd().end
  expect(sent.map((frame) => other.take(frame))).toEqual([
    { kind: 1, stream: 7, content: Buffer.from('a text') },
    { kind: 2, stream: 4_000_000_000, content: Buffer.from('in pieces') },
  ])
  expect(other.received).toBe(2)
})

test('what is no frame is not counted', () => {
  const { end } = openEnd()
  expect(end.take(Buffer.from('abcd'))).toBeUndefined()
  expect(end.received).toBe(0)
})

test('after a lost connection only what did not arrive is sent again, in order', () => {
  const { end, sent, socket } = openEnd()
  end.attach(socket, 0)
  for (const text of ['one', 'two', 'three', 'four']) end.send(message, 1, text)
  end.arrived(1)
  end.detach()
  end.send(message, 1, 'five')
  expect(end.attach(socket, 2)).toBe(true)
  expect(sent.slice(4).map(textOf)).toEqual(['three', 'four', 'five'])
})

test('a count that goes back, or ahead of what was sent, is refused', () => {
  const { end, socket } = openEnd()
  end.attach(socket, 0)
  for (const text of ['one', 'two', 'three']) end.send(message, 1, text)
  expect(end.arrived(2)).toBe(true)
  expect(end.arrived(1)).toBe(false)
  expect(end.arrived(4)).toBe(false)
  expect(end.attach(socket, 0)).toBe(false)
  expect(end.arrived(3)).toBe(true)
})

test('what is over the window waits until something has arrived, and streams take turns', () => {
  const { end, sent, socket } = openEnd(100)
  end.attach(socket, 0)
  end.send(message, 1, 'x'.repeat(200))
  for (const text of ['1a', '1b', '1c']) end.send(message, 1, text)
  for (const text of ['2a', '2b']) end.send(message, 2, text)
  expect(sent).toHaveLength(1)
  expect(end.waitingBytes).toBe(5 * 7)
  end.arrived(1)
  expect(sent.slice(1).map(textOf)).toEqual(['1a', '2a', '1b', '2b', '1c'])
  expect(end.waitingBytes).toBe(0)
})

test('what waits on a stream can be taken back, and is named', () => {
  const { end, sent, socket } = openEnd()
  end.send(message, 1, 'one', 11)
  end.send(message, 2, 'other', 22)
  end.send(message, 1, 'two', 12)
  expect(end.drop(1)).toEqual([11, 12])
  expect(end.drop(3)).toEqual([])
  end.attach(socket, 0)
  expect(sent.map(textOf)).toEqual(['other'])
  expect(end.waitingBytes).toBe(0)
})

test('the other side is told now and then what has arrived', () => {
  const { end, acks } = openEnd(8000)
  const small = Buffer.from([message, 0, 0, 0, 1])
  for (let count = 0; count < 32; count++) end.take(small)
  expect(acks).toEqual([32])
  end.take(toBuffer([small, Buffer.alloc(1000)]))
  expect(acks).toEqual([32, 33])
  end.take(small)
  end.acknowledge()
  end.acknowledge()
  expect(acks).toEqual([32, 33, 34])
})
