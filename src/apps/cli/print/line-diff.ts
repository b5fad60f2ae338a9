const around = 2

/** The lines that differ between two texts which are the same at their beginning and end. */
export function lineDiff(before: string, after: string): string {
  const old = linesOf(before)
  const now = linesOf(after)
  const most = Math.min(old.length, now.length)
  const start = countWhile(most, (index) => old[index] === now[index])
  const end = countWhile(most - start, (index) => old.at(-1 - index) === now.at(-1 - index))
  const printed = [
    ...old.slice(Math.max(0, start - around), start).map((line) => `  ${line}`),
    ...old.slice(start, old.length - end).map((line) => `- ${line}`),
    ...now.slice(start, now.length - end).map((line) => `+ ${line}`),
    ...old.slice(old.length - end, old.length - end + around).map((line) => `  ${line}`),
  ]
  return printed.map((line) => `${line}\n`).join('')
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

function countWhile(most: number, isTrue: (index: number) => boolean): number {
  let count = 0
  while (count < most && isTrue(count)) count += 1
  return count
}
