import type { ChildTree } from '../../processes/child-tree.ts'
import type { Payload } from '../../wire/bytes.ts'
import { toBuffer } from '../../wire/bytes.ts'
import { createLineFramer } from '../../wire/ndjson.ts'

/** Lines to and from a program. */
export interface LineChannel {
  /** Replaced by whoever reads at the moment. */
  onLine: (line: Buffer) => void
  /** A line over the limit: its first bytes. */
  onOversize: (head: Buffer, lengthBytes: number) => void
  /** Writes one message as one line. */
  write(payload: Payload): void
  /** Bytes accepted that the program has not read yet. */
  readonly backlogBytes: number
}

export function openChannel(child: ChildTree, limitBytes: number): LineChannel {
  let batch = ''
  let isFlushing = false

  const channel: LineChannel = {
    onLine: () => {},
    onOversize: () => {},
    write(payload) {
      if (typeof payload === 'string') {
        batch += `${withoutBreaks(payload)}\n`
        if (isFlushing) return
        isFlushing = true
        // All that is sent in one turn goes to the program in one write.
        setImmediate(flush)
        return
      }
      flush()
      child.stdin.cork()
      for (const piece of payload) child.stdin.write(withoutBreaksIn(piece))
      child.stdin.write('\n')
      child.stdin.uncork()
    },
    get backlogBytes() {
      return child.stdin.writableLength + batch.length
    },
  }

  function flush(): void {
    isFlushing = false
    if (batch === '') return
    const text = batch
    batch = ''
    if (child.stdin.writable) child.stdin.write(text, 'latin1')
  }

  const framer = createLineFramer({
    limitBytes,
    onLine: (line) => channel.onLine(line),
    onOversize: (head, lengthBytes) => channel.onOversize(head, lengthBytes),
  })
  child.stdout.on('data', (chunk: Buffer) => framer.push(chunk))
  child.stdout.on('end', () => framer.end())
  return channel
}

/** Line breaks between tokens are legal JSON but would end the line; inside strings the scanner refused them. */
function withoutBreaks(text: string): string {
  return text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]/g, ' ') : text
}

function withoutBreaksIn(piece: Buffer): Buffer {
  if (!piece.includes(0x0a) && !piece.includes(0x0d)) return piece
  return Buffer.from(withoutBreaks(toBuffer([piece]).toString('latin1')), 'latin1')
}
