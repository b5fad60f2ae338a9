const linesPerSecond = 100
const seconds = 10

/** Tells a server that prints a stray line now and then from one that prints nothing else. */
export class NoiseRate {
  #lines = 0
  #secondEnds = -Infinity
  /** How many seconds in a row before this one were noisy. */
  #noisySeconds = 0

  /** Counts a line that is no message; true once each of ten seconds in a row had more than a hundred. */
  heard(now: number): boolean {
    if (now >= this.#secondEnds) this.#turn(now)
    this.#lines++
    return this.#lines > linesPerSecond && this.#noisySeconds >= seconds - 1
  }

  #turn(now: number): void {
    const isNext = now < this.#secondEnds + 1000
    this.#noisySeconds = isNext && this.#lines > linesPerSecond ? this.#noisySeconds + 1 : 0
    this.#secondEnds = isNext ? this.#secondEnds + 1000 : now + 1000
    this.#lines = 0
  }
}
