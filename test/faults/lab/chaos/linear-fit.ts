export interface Point {
  readonly x: number
  readonly y: number
}

/** A straight line through points, and how sure it is that it is not level. */
export interface LinearFit {
  readonly slope: number
  readonly start: number
  /** The slope over its standard error: beyond 2.6 or so, chance explains less than one in a hundred. */
  readonly t: number
}

/** Least squares; a level line where there is too little to say. */
export function fitLine(points: readonly Point[]): LinearFit {
  const count = points.length
  const meanX = mean(points.map(({ x }) => x))
  const meanY = mean(points.map(({ y }) => y))
  const spread = sum(points.map(({ x }) => (x - meanX) ** 2))
  if (count < 3 || spread === 0) return { slope: 0, start: count === 0 ? 0 : meanY, t: 0 }

  const slope = sum(points.map(({ x, y }) => (x - meanX) * (y - meanY))) / spread
  const start = meanY - slope * meanX
  const residual = sum(points.map(({ x, y }) => (y - start - slope * x) ** 2))
  const error = Math.sqrt(residual / (count - 2) / spread)
  return { slope, start, t: error === 0 ? Math.sign(slope) * Infinity : slope / error }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}

function mean(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : sum(numbers) / numbers.length
}
