/** Tells a server that answers nothing any more from one that is slow at times. */
export class Wedge {
  readonly #strikes: number
  #count = 0

  constructor(strikes = 3) {
    this.#strikes = strikes
  }

  /** A call came to the end of its time; true when too many did without any answer in between. */
  timedOut(): boolean {
    this.#count++
    return this.#count >= this.#strikes
  }

  answered(): void {
    this.#count = 0
  }
}
