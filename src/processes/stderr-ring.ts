import { stripVTControlCharacters } from 'node:util'
import { createLineFramer } from '../wire/ndjson.ts'
import { createLineRate } from './line-rate.ts'

/** The last things a program said on stderr; reading it never blocks the program. */
export interface StderrRing {
  readonly push: (chunk: Buffer) => void
  readonly end: () => void
  /** Keeps a line that came another way. */
  readonly note: (line: Buffer) => void
  readonly tail: (lines?: number) => readonly string[]
}

const ringBytes = 256 * 1024
const ringLines = 8192
const lineBytes = 8 * 1024

/** `onLine` gets each line too, safe to print, unless there are too many of them. */
export function createStderrRing(onLine?: (line: string) => void): StderrRing {
  const rate = onLine && createLineRate((line) => onLine(harmless(line)))
  let kept: string[] = []
  let first = 0
  let heldBytes = 0

  function add(line: string): void {
    kept.push(line)
    heldBytes += line.length
    while (heldBytes > ringBytes || kept.length - first > ringLines) {
      heldBytes -= kept[first]?.length ?? 0
      first += 1
    }
    if (first < ringLines) return
    kept = kept.slice(first)
    first = 0
  }

  function hear(line: string): void {
    add(line)
    rate?.push(line)
  }

  function end(): void {
    framer.end()
    rate?.end()
  }

  const framer = createLineFramer({
    limitBytes: lineBytes,
    onLine: (line) => hear(line.toString()),
    onOversize: (head, lengthBytes) => hear(`${head.toString()}… (${lengthBytes} bytes)`),
  })
  return {
    push: framer.push,
    end,
    note: (line) => add(line.toString('utf8', 0, lineBytes)),
    tail: (lines = 50) => kept.slice(Math.max(first, kept.length - lines)).map(harmless),
  }
}

/** Colours go, and anything that could steer a terminal or turn text around becomes visible. */
function harmless(line: string): string {
  return stripVTControlCharacters(line).replaceAll(
    /[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/gu,
    (char) => (char === '\t' ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}
