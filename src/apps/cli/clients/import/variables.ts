import type { VariableForm } from '../client.ts'

/** What the variables of one file stand for. */
export interface Surroundings {
  readonly reads: readonly VariableForm[]
  readonly home: string
  /** The folder that `${workspaceFolder}` means; unknown for a user's file. */
  readonly workspace: string | undefined
  /** Makes a path in the file an absolute one. */
  readonly resolve: (path: string) => string
}

/** A text with variables in our form. */
export interface Taken {
  readonly text: string
  /** Environment variables without a default. */
  readonly needs: readonly string[]
  /** Why it cannot be taken over. */
  readonly problem?: string
}

const anyForm = /\$?\$\{([^}]*)(\}?)|\$([A-Za-z_]\w*)|\{(env|file):([^{}]+)\}/g
const named = /^(?:env:)?([A-Za-z_]\w*)(:-[^]*)?$/

/** Turns every form of variable that the file's program knows into ours. */
export function takeVariables(text: string, surroundings: Surroundings): Taken {
  const needs: string[] = []
  let problem: string | undefined
  const need = (name: string): string => {
    needs.push(name)
    return `\${env:${name}}`
  }
  const taken = text.replace(anyForm, (whole: string, ...groups: readonly string[]) => {
    const [inside, close, bare, kind, of] = groups
    if (bare !== undefined) return surroundings.reads.includes('bare') ? need(bare) : whole
    if (kind !== undefined) return braced(whole, [kind, of ?? ''], { surroundings, need })
    if (whole.startsWith('$$')) return whole
    if (close === '') return `$${whole}`
    const found = dollar(inside ?? '', surroundings, need)
    if (found !== undefined) return found
    problem ??= problemWith(inside ?? '')
    return whole
  })
  return { text: taken, needs, ...(problem === undefined ? {} : { problem }) }
}

/** The environment variable that takes the place of a question to the person. */
export function inputVariable(id: string): string {
  const name = id.replace(/\W+/g, '_').toUpperCase()
  return /^\d/.test(name) ? `_${name}` : name
}

interface Braced {
  readonly surroundings: Surroundings
  readonly need: (name: string) => string
}

function braced(
  whole: string,
  [kind, of]: readonly [string, string],
  { surroundings, need }: Braced,
): string {
  if (!surroundings.reads.includes('braces')) return whole
  return kind === 'env' ? need(of.trim()) : fileReference(of.trim(), surroundings)
}

function dollar(
  inside: string,
  surroundings: Surroundings,
  need: (name: string) => string,
): string | undefined {
  const [, name, standard] = named.exec(inside) ?? []
  if (inside === 'workspaceFolder' || inside === 'workspaceRoot') return surroundings.workspace
  if (inside === 'userHome') return surroundings.home
  if (inside === 'pathSeparator' || inside === '/') return '/'
  if (name !== undefined) return standard === undefined ? need(name) : `\${${name}${standard}}`
  if (inside.startsWith('input:')) return need(inputVariable(inside.slice('input:'.length)))
  if (inside.startsWith('file:') && surroundings.reads.includes('file')) {
    return fileReference(inside.slice('file:'.length), surroundings)
  }
  return undefined
}

function fileReference(path: string, { home, resolve }: Surroundings): string {
  const absolute = /^~[/\\]/.test(path) ? `${home}${path.slice(1)}` : resolve(path)
  return `\${file:${absolute}}`
}

function problemWith(inside: string): string {
  if (inside === 'workspaceFolder' || inside === 'workspaceRoot') {
    return `it uses \${${inside}}, and which folder that is depends on the window: name one with --root FOLDER`
  }
  return `it uses \${${inside}}, which Gantry has nothing for: write the value there, or a variable as \${NAME}`
}
