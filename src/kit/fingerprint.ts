/** A short word for a list of texts: another one for another list, as far as nobody means to make them meet. */
export function fingerprint(texts: Iterable<string>): string {
  let [one, other] = [0x811c9dc5, 0x9e3779b9]
  const take = (code: number): void => {
    one = Math.imul(one ^ code, 0x01000193)
    other = Math.imul(other ^ code, 0x85ebca6b)
  }
  for (const text of texts) {
    for (let index = 0; index < text.length; index++) take(text.charCodeAt(index))
    // No text has this for a character, so that where one ends makes a difference.
    take(0x10000)
  }
  return (one >>> 0).toString(36) + (other >>> 0).toString(36)
}
