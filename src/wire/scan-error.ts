/** Why a message was refused, and at which byte. */
export class ScanError extends Error {
  override readonly name = 'ScanError'
  readonly offset: number

  constructor(problem: string, offset: number) {
    super(problem)
    this.offset = offset
  }
}
