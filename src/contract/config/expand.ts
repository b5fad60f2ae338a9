/** What an expansion may read from outside. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Reads a file named in the configuration; throws when it cannot. */
  readonly readFile: (path: string) => string
}

export type Expansion = { readonly text: string; readonly expanded: boolean } | Unexpanded

/** Why a string could not be expanded, and whether what is missing is outside the file. */
export interface Unexpanded {
  readonly problem: string
  readonly isOutside: boolean
}

const reference = /\$?\$\{([^}]*)(\}?)/g
const named = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^]*))?$/

/**
 * Replaces `${env:NAME}`, `${NAME}`, `${NAME:-default}` and `${file:PATH}` in one string.
 * What comes in is never expanded again; `$${` stands for a literal `${`.
 */
export function expand(text: string, surroundings: Surroundings): Expansion {
  const problems: Unexpanded[] = []
  let expanded = false
  const result = text.replace(reference, (whole, inside: string, close: string) => {
    if (whole.startsWith('$$')) return whole.slice(1)
    expanded = true
    const found = close === '}' ? lookUp(inside, surroundings) : unclosed
    if ('text' in found) return found.text
    problems.push(found)
    return ''
  })
  const [problem] = problems
  return problem ?? { text: result, expanded }
}

type Found = { readonly text: string } | Unexpanded

const unclosed: Found = {
  problem: 'has "${" without "}": close it, or write "$${" for a literal "${"',
  isOutside: false,
}

function lookUp(inside: string, { env, readFile }: Surroundings): Found {
  if (inside.startsWith('file:')) return contentOf(inside.slice('file:'.length), readFile)
  const match = named.exec(inside)
  const name = match?.[1]
  if (name === undefined) {
    return {
      problem: `has a "\${…}" that this version cannot expand: write \${env:NAME}, \${file:PATH} or \${NAME:-default}, or "$\${" for a literal "\${"`,
      isOutside: false,
    }
  }
  const value = Object.hasOwn(env, name) ? env[name] : undefined
  const standard = match?.[2]
  if (standard !== undefined) return { text: value || standard }
  return value === undefined
    ? {
        problem: `needs the environment variable ${name}, which is not set: set it, or give a default with \${${name}:-default}`,
        isOutside: true,
      }
    : { text: value }
}

function contentOf(path: string, readFile: (path: string) => string): Found {
  try {
    return { text: readFile(path).replace(/(?:\r?\n)+$/, '') }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    return {
      problem: `needs the file ${JSON.stringify(path)}, which cannot be read (${reason}): create it, or correct the path, which counts from the folder of this file`,
      isOutside: true,
    }
  }
}
