/** Splits a line as a shell would, without expanding anything. */
export function splitWords(line: string): readonly string[] {
  const words: string[] = []
  const joined = line.replace(/\\\r?\n/g, ' ').trim()
  const word = /(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/gs
  for (const [found] of joined.matchAll(word)) {
    words.push(
      found.replace(
        /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/gs,
        (_, double?: string, single?: string, escaped?: string) =>
          double?.replace(/\\(["\\$`])/g, '$1') ?? single ?? escaped ?? '',
      ),
    )
  }
  return words
}
