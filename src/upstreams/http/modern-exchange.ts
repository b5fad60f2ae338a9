import type { Call } from '../../core/call/call.ts'
import { modernVersion } from '../../core/call/era.ts'
import { toHeaderValue } from '../../core/eras/header-value.ts'
import type { UpstreamEvents } from '../../core/routing/upstream.ts'
import type { Bytes, ByteText, Payload } from '../../wire/bytes.ts'
import { toBuffer } from '../../wire/bytes.ts'
import type { ResponseHead } from '../../wire/http/head.ts'
import type { RelayHandle } from '../../wire/http/relay-client.ts'
import { Member } from '../../wire/members.ts'
import { decodeString } from '../../wire/message.ts'
import { ScanError } from '../../wire/scan-error.ts'
import type { Dialogue } from '../dialogue.ts'
import { exchange } from './post.ts'
import type { ExchangeReader } from './reading.ts'
import type { HttpWire } from './wire.ts'
import { complaintOf, lossOf, reasonOf, refusalOf } from './wire.ts'

const versionHeader = `MCP-Protocol-Version: ${modernVersion}\r\n`

/** Methods whose target is mirrored in `Mcp-Name`. */
const namedMethods = new Set([
  'tools/call',
  'prompts/get',
  'resources/read',
  'tasks/get',
  'tasks/update',
  'tasks/cancel',
])

const headersDiffer = '-32020'
/** What servers of the legacy era answer to a request that no session or `initialize` came before. */
const legacyRefusals = new Set<string | undefined>([
  undefined,
  '-32000',
  '-32001',
  '-32022',
  '-32600',
])
const statusesOfBothEras = new Set([401, 403, 408, 429])

export interface Exchanging {
  readonly wire: HttpWire
  readonly events: UpstreamEvents
  readonly dialogue: Dialogue
  /** Whether the server turns out to have gone over to the legacy era. */
  readonly isOutgrown: () => Promise<boolean>
  /** It has: the request was refused for that and did not run. */
  readonly outgrown: (id: number) => void
}

/** One request to a modern server and its answer. */
export class ModernExchange implements ExchangeReader {
  readonly #with: Exchanging
  readonly #call: Call
  readonly #id: number
  readonly #payload: Payload
  #handle: RelayHandle | undefined
  #isAgain = false
  /** What the refusal means is being found out. */
  #isDoubtful = false

  constructor(exchanging: Exchanging, call: Call, id: number, payload: Payload) {
    this.#with = exchanging
    this.#call = call
    this.#id = id
    this.#payload = payload
  }

  send(paramHeaders: ByteText): this {
    const { wire } = this.#with
    const headers = wire.baseHeaders + headersFor(this.#call) + paramHeaders
    const request = { method: 'POST', headers, body: this.#payload } as const
    this.#handle = exchange(wire, request, this)
    return this
  }

  abandon(): void {
    this.#handle?.abandon()
  }

  message(bytes: Bytes, { status }: ResponseHead): void {
    if (status < 400) return this.#with.dialogue.receive(bytes, this.#id)
    const code = this.#errorCode(bytes)
    const pass = () => this.#with.dialogue.receive(bytes, this.#id)
    if (code === headersDiffer && this.#call.spec.method === 'tools/call' && !this.#isAgain)
      void this.#relist(pass)
    else if (isLegacyRefusal(status, code)) void this.#doubt(pass)
    else pass()
  }

  end(head: ResponseHead, text: string): void {
    const { dialogue, events, wire } = this.#with
    if (this.#isDoubtful) return
    if (!dialogue.isWaiting(this.#id)) return events.health(undefined)
    events.health(complaintOf(head, wire.hide(text)))
    const { error, phase } = refusalOf(wire.server, head)
    const refuse = () => dialogue.fail(this.#id, error, phase)
    if (isLegacyRefusal(head.status, undefined)) void this.#doubt(refuse)
    else refuse()
  }

  failed(error: Error, wasSent: boolean): void {
    const { dialogue, events, wire } = this.#with
    events.health(reasonOf(error))
    const lost = lossOf(wire.server, error, wasSent)
    dialogue.fail(this.#id, lost.error, lost.phase)
  }

  /** The tool mirrors other arguments than we knew: what is refused for that did not run, and may go once more. */
  async #relist(pass: () => void): Promise<void> {
    this.#isDoubtful = true
    const { message, paramHeaders } = this.#call.spec
    const name = nameOf(this.#call) ?? ''
    const fresh = await this.#with.events.relist(name, message.slice(Member.arguments))
    this.#isDoubtful = false
    this.#isAgain = true
    if (fresh === paramHeaders) pass()
    else if (this.#with.dialogue.isWaiting(this.#id)) this.send(fresh)
  }

  async #doubt(otherwise: () => void): Promise<void> {
    this.#isDoubtful = true
    if (await this.#with.isOutgrown()) this.#with.outgrown(this.#id)
    else otherwise()
  }

  #errorCode(bytes: Bytes): string | undefined {
    try {
      return this.#with.wire.read(toBuffer(bytes)).raw(Member.errorCode)
    } catch (error) {
      if (error instanceof ScanError) return undefined
      throw error
    }
  }
}

function isLegacyRefusal(status: number, code: string | undefined): boolean {
  const isRefusal = status >= 400 && status < 500 && !statusesOfBothEras.has(status)
  return isRefusal && legacyRefusals.has(code)
}

function headersFor(call: Call): ByteText {
  const { method } = call.spec
  const name = namedMethods.has(method) ? nameOf(call) : undefined
  const named = name === undefined ? '' : `Mcp-Name: ${toHeaderValue(name)}\r\n`
  return `${versionHeader}Mcp-Method: ${method}\r\n${named}`
}

function nameOf({ spec }: Call): string | undefined {
  if (spec.target !== undefined) return decodeString(spec.target)
  return spec.message.text(Member.name) ?? spec.message.text(Member.uri)
}
