import type { Credentials, Pass } from '../../core/sign-in/credentials.ts'
import type { ResponseHead } from '../../wire/http/head.ts'
import type { RelayClient, RelayHandle } from '../../wire/http/relay-client.ts'
import type { ExchangeReader, ExchangeRequest } from './reading.ts'
import { Reading } from './reading.ts'

export interface SignedWay {
  readonly relay: RelayClient
  readonly limitBytes: number
  readonly credentials: Credentials
}

/** So much of a refusal is read, so that its connection can be used again. */
const refusalBytes = 64 * 1024

/** A request that shows who we are: what is refused for that did not run, and goes once more with another pass. */
export class SignedReading extends Reading implements RelayHandle {
  readonly #way: SignedWay
  readonly #request: ExchangeRequest
  #pass: Pass | undefined
  #isAgain = false
  /** What comes is a refusal that nobody has to know of. */
  #isRefused = false
  #refusalBytes = 0
  #isOver = false

  constructor(way: SignedWay, request: ExchangeRequest, reader: ExchangeReader) {
    super(way.limitBytes, reader)
    this.#way = way
    this.#request = request
  }

  begin(): this {
    const pass = this.#way.credentials.current()
    if (pass) this.#send(pass)
    else this.#wait(undefined)
    return this
  }

  abandon(): void {
    this.#isOver = true
    this.handle?.abandon()
  }

  pause(): void {
    this.handle?.pause()
  }

  resume(): void {
    this.handle?.resume()
  }

  override head(head: ResponseHead): void {
    this.#isRefused = head.status === 401 && this.#mayGoAgain()
    if (!this.#isRefused) super.head(head)
  }

  override data(piece: Buffer): void {
    if (!this.#isRefused) return super.data(piece)
    this.#refusalBytes += piece.length
    if (this.#refusalBytes <= refusalBytes) return
    this.handle?.abandon()
    this.#goAgain()
  }

  override end(): void {
    if (this.#isRefused) this.#goAgain()
    else super.end()
  }

  override failed(error: Error, wasSent: boolean): void {
    if (this.#isRefused) this.#goAgain()
    else super.failed(error, wasSent)
  }

  #send(pass: Pass): void {
    this.#pass = pass
    this.handle = this.#way.relay.send(this.#request, this, pass.headerLine)
  }

  #wait(worn: Pass | undefined): void {
    this.handle = undefined
    this.#way.credentials.obtain(worn).then(
      (pass) => {
        if (!this.#isOver) this.#send(pass)
      },
      (error: Error) => {
        if (!this.#isOver) super.failed(error, false)
      },
    )
  }

  #mayGoAgain(): boolean {
    const { credentials } = this.#way
    return this.#pass !== undefined && credentials.refused(this.#pass, this.#isAgain)
  }

  #goAgain(): void {
    this.#isRefused = false
    this.#isAgain = true
    this.#wait(this.#pass)
  }
}
