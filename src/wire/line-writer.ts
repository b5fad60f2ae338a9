import type { Writable } from 'node:stream'
import type { Payload } from './bytes.ts'

/** Writes messages as lines; all that is said in one turn goes out in one write. */
export function createLineWriter(stream: Writable): (payload: Payload) => void {
  let batch = ''
  let isScheduled = false

  function flush(): void {
    isScheduled = false
    if (batch === '') return
    const text = batch
    batch = ''
    if (stream.writable) stream.write(text, 'latin1')
  }

  return (payload) => {
    if (typeof payload === 'string') {
      batch += `${withoutBreaks(payload)}\n`
      if (isScheduled) return
      isScheduled = true
      setImmediate(flush)
      return
    }
    flush()
    if (!stream.writable) return
    stream.cork()
    for (const piece of payload) stream.write(withoutBreaksIn(piece))
    stream.write('\n')
    stream.uncork()
  }
}

/** Line breaks between tokens are legal JSON but would end the line; inside strings the scanner refused them. */
function withoutBreaks(text: string): string {
  return text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]/g, ' ') : text
}

function withoutBreaksIn(piece: Buffer): Buffer {
  if (!piece.includes(0x0a) && !piece.includes(0x0d)) return piece
  return Buffer.from(withoutBreaks(piece.toString('latin1')), 'latin1')
}
