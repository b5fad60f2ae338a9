/** What is to be called, and its arguments as `key=value`. */
export interface CallExpression {
  readonly name: string
  readonly pairs: readonly string[]
}

/** Reads `add(a: 2, b: 3)`: a signature as `tools` prints it, with values in place of the types. */
export function readCallExpression(text: string): CallExpression | undefined {
  const [, name, inner] = /^([^\s()]+)\(([^]*)\)\s*$/.exec(text) ?? []
  if (name === undefined || inner === undefined) return undefined
  return { name, pairs: argumentsIn(inner).map(pairOf) }
}

/** Splits at the commas that stand in no string, list or object. */
function argumentsIn(text: string): readonly string[] {
  const parts = text.match(/"(?:[^"\\]|\\.)*"|[^]/g) ?? []
  const found: string[] = ['']
  let depth = 0
  for (const part of parts) {
    if (part === '[' || part === '{') depth += 1
    if (part === ']' || part === '}') depth -= 1
    if (part === ',' && depth === 0) found.push('')
    else found.push(`${found.pop() ?? ''}${part}`)
  }
  return found.filter((one) => one.trim() !== '')
}

function pairOf(argument: string): string {
  const [, key, value] = /^\s*([^\s:=?]+)\??\s*[:=]\s*([^]*?)\s*$/.exec(argument) ?? []
  if (key === undefined || value === undefined) return argument.trim()
  return `${key}${/^["[{]/.test(value) ? ':' : ''}=${value}`
}
