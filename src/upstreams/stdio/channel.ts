import type { ChildTree } from '../../processes/child-tree.ts'
import type { Payload } from '../../wire/bytes.ts'
import { createLineWriter } from '../../wire/line-writer.ts'
import { createLineFramer } from '../../wire/ndjson.ts'

/** Lines to and from a program. */
export interface LineChannel {
  /** Replaced by whoever reads at the moment. */
  onLine: (line: Buffer) => void
  /** A line over the limit: its first bytes. */
  onOversize: (head: Buffer, lengthBytes: number) => void
  /** A line that is no message: it can be read in the program's log. */
  readonly noise: (line: Buffer) => void
  /** Writes one message as one line. */
  readonly write: (payload: Payload) => void
  /** Bytes accepted that the program has not read yet. */
  readonly backlogBytes: number
}

export function openChannel(child: ChildTree, limitBytes: number): LineChannel {
  const channel: LineChannel = {
    onLine: () => {},
    onOversize: () => {},
    noise: (line) => child.note(line),
    write: createLineWriter(child.stdin),
    get backlogBytes() {
      return child.stdin.writableLength
    },
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
