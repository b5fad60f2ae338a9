import type { LogFile } from './files.ts'
import { headName } from './files.ts'
import type { ReadLine } from './line.ts'
import { readLine } from './line.ts'

/** Something that was changed, removed or put elsewhere. */
export interface Break {
  readonly log: string
  readonly file: string
  /** Counted from 1; 0 where it is about the file as a whole. */
  readonly line: number
  readonly problem: string
}

/** The lines of one log, followed from its first to its last. */
export interface Chain {
  readonly seq: number
  readonly lines: number
  enter(next: LogFile): void
  follow(bytes: Buffer): void
  /** Half a line at the end of a file. */
  tear(bytes: Buffer): void
  end(): void
  /** Where the log ends by what was written beside it. */
  endAt(known: number | undefined): void
  result(): ChainResult
}

interface ChainResult {
  readonly lines: number
  readonly breaks: readonly Break[]
  readonly tornBytes: number
  readonly unfinished: readonly ReadLine[]
}

const mostBreaks = 100

export function createChain(log: string): Chain {
  const places = createPlaces(log)
  const contents = createContents()
  const links = createLinks((problem) => places.tell(problem))
  let lines = 0
  let tornBytes = 0

  return {
    get seq() {
      return links.seq
    },
    get lines() {
      return lines
    },
    enter(next) {
      if (tornBytes > 0) places.tell('it ends in the middle of a line')
      tornBytes = 0
      places.enter(next)
    },
    follow(bytes) {
      places.step()
      lines++
      const read = readLine(bytes)
      if (!read) {
        places.tell('it was changed')
        return links.skip(places.file?.firstSeq)
      }
      if (places.line === 1 && read.seq !== places.file?.firstSeq)
        places.tell('it does not belong at the beginning of this file')
      links.follow(read)
      contents.note(read)
    },
    tear(bytes) {
      tornBytes = bytes.length
    },
    end() {
      const missing = contents.removedThrough + 1
      const { first } = links
      if (first !== undefined && first > missing)
        places.tell(`lines number ${missing} to ${first - 1} are missing at the beginning`, 0)
    },
    endAt(known) {
      if (known === undefined && lines > 0) places.tell(headless, 0)
      if (known !== undefined && known > links.seq)
        places.tell(`lines number ${links.seq + 1} to ${known} are missing at the end`, 0)
    },
    result: () => ({ lines, breaks: places.breaks, tornBytes, unfinished: contents.unfinished() }),
  }
}

const headless = `${headName} cannot be read: nobody can tell whether lines are missing at the end`

/** Where in the files it stands, and what was found there. */
function createPlaces(log: string) {
  const breaks: Break[] = []
  let file: LogFile | undefined
  let line = 0

  return {
    breaks,
    get file() {
      return file
    },
    get line() {
      return line
    },
    enter(next: LogFile): void {
      file = next
      line = 0
    },
    step(): void {
      line++
    },
    tell(problem: string, at = line): void {
      if (breaks.length < mostBreaks)
        breaks.push({ log, file: file?.name ?? '', line: at, problem })
    },
  }
}

/** Whether each line follows the one before. */
function createLinks(tell: (problem: string) => void) {
  let seq = 0
  let hash: string | undefined
  let first: number | undefined

  function compare(read: ReadLine): void {
    if (first === undefined) {
      first = read.seq
      if (read.seq === 1 && read.prev !== '') tell('what came before it is missing')
      return
    }
    const isNext = read.seq === seq + 1
    if (hash === undefined ? read.seq <= seq : read.prev !== hash || !isNext)
      tell(`it does not follow line number ${seq}: lines were removed, added or moved`)
  }

  return {
    get seq() {
      return seq
    },
    get first() {
      return first
    },
    follow(read: ReadLine): void {
      compare(read)
      seq = read.seq
      hash = read.hash
    },
    /** One that cannot be read: the next one is not compared with it. */
    skip(firstInFile: number | undefined): void {
      first ??= firstInFile
      hash = undefined
      seq++
    },
  }
}

/** What the lines say of each other. */
function createContents() {
  const begun = new Map<number, ReadLine>()
  let removedThrough = 0

  return {
    get removedThrough() {
      return removedThrough
    },
    note(read: ReadLine): void {
      const { through, begun: beganAt } = read.fields
      if (read.type === 'removed' && typeof through === 'number') removedThrough = through
      if (read.type === 'begun') begun.set(read.seq, read)
      if (read.type === 'call' && typeof beganAt === 'number') begun.delete(beganAt)
    },
    unfinished: () => [...begun.values()],
  }
}
