import type { ByteText } from './bytes.ts'

/** Why a message was refused, and at which byte. */
export class ScanError extends Error {
  override readonly name: string = 'ScanError'
  readonly offset: number

  constructor(problem: string, offset: number) {
    super(problem)
    this.offset = offset
  }
}

/** Why JSON is no JSON-RPC message; it may say all the same which request it was meant to be. */
export class EnvelopeError extends ScanError {
  override readonly name = 'EnvelopeError'
  readonly id: ByteText | undefined

  constructor(problem: string, offset: number, id: ByteText | undefined) {
    super(problem, offset)
    this.id = id
  }
}
