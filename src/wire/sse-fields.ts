import { createPieces } from './ndjson-pieces.ts'

export interface SseEvent {
  /** The data lines joined by a newline; a view into a chunk where it was one line in one chunk. */
  readonly data: Buffer
  readonly event?: string
  /** Only the id this event named itself; `''` means that it takes the last one back. */
  readonly id?: string
  readonly retryMs?: number
}

/** What the lines of the event being read have said so far. */
export interface SseFields {
  readonly lengthBytes: number
  /** Takes one complete line that is neither blank nor a comment. */
  apply(line: Buffer): void
  /** The event, or nothing when no line asked for one; the next event starts empty. */
  take(): SseEvent | undefined
  clear(): void
}

const newline = Buffer.from('\n')
const space = 0x20
const colon = 0x3a
const names = {
  data: Buffer.from('data'),
  event: Buffer.from('event'),
  id: Buffer.from('id'),
  retry: Buffer.from('retry'),
}
const message = Buffer.from('message')
const shortestRetryMs = 100
const longestRetryMs = 60_000
/** An id comes back to the server as a request header, where more than this is refused anyway. */
const longestIdBytes = 4096

type Mutable<Fields> = { -readonly [Key in keyof Fields]: Fields[Key] }

export function createSseFields(): SseFields {
  const data = createPieces()
  let dataLines = 0
  let lengthBytes = 0
  let event: string | undefined
  let id: string | undefined
  let retryMs: number | undefined

  function clear(): void {
    if (data.lengthBytes > 0) data.clear()
    dataLines = 0
    lengthBytes = 0
    event = id = retryMs = undefined
  }

  function apply(line: Buffer): void {
    lengthBytes += line.length
    let value = valueOf(line, names.data)
    if (value) {
      if (dataLines > 0) data.add(newline)
      dataLines += 1
      data.add(value)
    } else if ((value = valueOf(line, names.event))) {
      event = value.equals(message) ? 'message' : value.toString()
    } else if ((value = valueOf(line, names.id))) {
      if (value.length <= longestIdBytes && !value.includes(0)) id = value.toString()
    } else if ((value = valueOf(line, names.retry))) {
      retryMs = retryOf(value.toString('latin1')) ?? retryMs
    }
  }

  function take(): SseEvent | undefined {
    if (dataLines === 0 && id === undefined && retryMs === undefined) {
      clear()
      return undefined
    }
    const taken: Mutable<SseEvent> = { data: data.take() }
    if (event !== undefined) taken.event = event
    if (id !== undefined) taken.id = id
    if (retryMs !== undefined) taken.retryMs = retryMs
    clear()
    return taken
  }

  return {
    get lengthBytes() {
      return lengthBytes
    },
    apply,
    take,
    clear,
  }
}

function retryOf(text: string): number | undefined {
  if (!/^\d+$/.test(text)) return undefined
  return Math.min(Math.max(Number(text), shortestRetryMs), longestRetryMs)
}

function valueOf(line: Buffer, name: Buffer): Buffer | undefined {
  const { length } = name
  for (let at = 0; at < length; at += 1) if (line[at] !== name[at]) return undefined
  if (line.length === length) return line.subarray(length)
  if (line[length] !== colon) return undefined
  return line.subarray(line[length + 1] === space ? length + 2 : length + 1)
}
