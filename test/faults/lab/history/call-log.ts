import type { CallRecord, CallSent, Terminal } from './history.ts'

/** What callers write down as they go; a call costs a few dozen bytes, so that a million of them fit. */
export interface CallLog {
  /** Gives the number of the call. */
  begin(call: CallSent): number
  /** `echoed` is the nonce that came back, if one did. */
  end(call: number, terminal: Terminal, echoed?: string): void
  count(): number
  records(): Iterable<CallRecord>
}

const firstCapacity = 65_536

export function createCallLog(seed: number): CallLog {
  const words = createDictionary()
  const further = new Map<number, Terminal[]>()
  const foreign = new Map<number, string>()
  let columns = createColumns(firstCapacity)
  let count = 0

  const recordOf = (call: number): CallRecord => {
    const [transport = '', server = '', tool = ''] = words.at(columns.what[call]).split('\t')
    const nonce = nonceOf(seed, call)
    const isEnded = columns.terminal[call] !== unended
    const terminal: Terminal | undefined = isEnded
      ? JSON.parse(words.at(columns.terminal[call]))
      : undefined
    return {
      callId: callIdOf(seed, call),
      nonce,
      echoed: foreign.get(call) ?? (columns.isOwn[call] === 1 ? nonce : undefined),
      transport,
      server,
      tool,
      sentAtMs: columns.sentAtMs[call] ?? 0,
      endedAtMs: columns.endedAtMs[call] ?? 0,
      outcomes: [...(terminal ? [terminal] : []), ...(further.get(call) ?? [])],
    }
  }
  return {
    begin({ transport, server, tool, sentAtMs }) {
      if (count === columns.what.length) columns = grown(columns)
      columns.what[count] = words.numberOf(`${transport}\t${server}\t${tool}`)
      columns.sentAtMs[count] = sentAtMs
      columns.terminal[count] = unended
      return count++
    },
    end(call, terminal, echoed) {
      if (columns.terminal[call] !== unended) {
        further.set(call, [...(further.get(call) ?? []), terminal])
        return
      }
      columns.terminal[call] = words.numberOf(JSON.stringify(terminal))
      columns.endedAtMs[call] = performance.now()
      if (echoed === nonceOf(seed, call)) columns.isOwn[call] = 1
      else if (echoed !== undefined) foreign.set(call, echoed)
    },
    count: () => count,
    *records() {
      for (let call = 0; call < count; call += 1) yield recordOf(call)
    },
  }
}

export const callIdOf = (seed: number, call: number): string => `${seed}-${call}`

/** A text that belongs to one call and that nobody can guess from another's. */
export function nonceOf(seed: number, call: number): string {
  let mixed = Math.imul(seed ^ (call + 0x9e3779b9), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return `${call.toString(36)}.${((mixed ^ (mixed >>> 16)) >>> 0).toString(36)}`
}

const unended = 0xffff

interface Columns {
  readonly what: Uint16Array
  readonly terminal: Uint16Array
  readonly sentAtMs: Float64Array
  readonly endedAtMs: Float64Array
  readonly isOwn: Uint8Array
}

function createColumns(capacity: number): Columns {
  return {
    what: new Uint16Array(capacity),
    terminal: new Uint16Array(capacity),
    sentAtMs: new Float64Array(capacity),
    endedAtMs: new Float64Array(capacity),
    isOwn: new Uint8Array(capacity),
  }
}

function grown(columns: Columns): Columns {
  const larger = createColumns(columns.what.length * 2)
  larger.what.set(columns.what)
  larger.terminal.set(columns.terminal)
  larger.sentAtMs.set(columns.sentAtMs)
  larger.endedAtMs.set(columns.endedAtMs)
  larger.isOwn.set(columns.isOwn)
  return larger
}

/** The few different texts of a run, each kept once. */
function createDictionary() {
  const texts: string[] = []
  const numbers = new Map<string, number>()
  return {
    at: (number: number | undefined): string => texts[number ?? -1] ?? '',
    numberOf(text: string): number {
      const known = numbers.get(text)
      if (known !== undefined) return known
      if (texts.length >= unended) throw new Error(`too many different texts, such as ${text}`)
      numbers.set(text, texts.length)
      return texts.push(text) - 1
    },
  }
}
