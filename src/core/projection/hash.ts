const offsets = [0x811c9dc5, 0x9747b28c] as const
const prime = 0x01000193

/** Eight letters and digits that stand for a text: the same ones on every machine and in every run. */
export function shortHash(text: string): string {
  return offsets.map((offset) => base36(fnv1a(text, offset))).join('')
}

function fnv1a(text: string, offset: number): number {
  let hash = offset
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), prime)
  }
  // The last letters would hardly change the first digits otherwise.
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}

function base36(value: number): string {
  return (value % 36 ** 4).toString(36).padStart(4, '0')
}
