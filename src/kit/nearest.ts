/** The candidate most like `word`, or nothing when none is near enough to be what was meant. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase()
  let best: { readonly candidate: string; readonly distance: number } | undefined
  for (const candidate of candidates) {
    const limit = Math.min(best?.distance ?? Infinity, reach(wanted, candidate) + 1)
    const distance = editDistance(wanted, candidate.toLowerCase(), limit)
    if (distance < limit) best = { candidate, distance }
  }
  return best?.candidate
}

/** One slip in a short word, more in a long one. */
function reach(word: string, candidate: string): number {
  return Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3))
}

/** How many letters must be added, dropped, changed or swapped; `limit` when that many or more. */
export function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) >= limit) return limit
  let before: number[] = []
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    let smallest = row
    for (let column = 1; column <= to.length; column += 1) {
      const changed = from[row - 1] === to[column - 1] ? 0 : 1
      let cost = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + changed,
      )
      if (from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        cost = Math.min(cost, at(before, column - 2) + 1)
      }
      current.push(cost)
      smallest = Math.min(smallest, cost)
    }
    if (smallest >= limit) return limit
    before = previous
    previous = current
  }
  return Math.min(at(previous, to.length), limit)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity
}
