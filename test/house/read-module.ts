import { readFileSync } from 'node:fs'
import { parseAst } from 'vitest/node'

export interface Module {
  /** Every module it names: static, dynamic, re-exported or for types only. */
  readonly imports: readonly string[]
  /** Every free-standing name in its code, and `object.member` for members of such a name. */
  readonly names: readonly string[]
}

/** Reads what a source file imports and names. */
export function readModule(file: string): Module {
  const imports: string[] = []
  const names: string[] = []
  const program: unknown = parseAst(readFileSync(file, 'utf8'), { lang: 'ts' })
  if (!isNode(program)) throw new Error(`${file} did not parse`)
  visit(program, (node) => {
    const from = importedBy(node)
    if (from !== undefined) imports.push(from)
    names.push(...namedBy(node))
  })
  return { imports, names }
}

interface Node {
  readonly type: string
  readonly [member: string]: unknown
}

function importedBy(node: Node): string | undefined {
  if (!/^(?:Import|Export|TSImport)/.test(node.type) || !isNode(node['source'])) return undefined
  const from = node['source']['value']
  return typeof from === 'string' ? from : 'an import that is computed'
}

function namedBy(node: Node): string[] {
  switch (node.type) {
    case 'ExportDefaultDeclaration':
      return ['export default']
    case 'NewExpression':
      return isNode(node['callee']) && [node['arguments']].flat().length === 0
        ? [`new ${String(node['callee']['name'])}()`]
        : []
    case 'Identifier':
      return [String(node['name'])]
    case 'MemberExpression':
      return isNode(node['object']) && isNode(node['property'])
        ? [`${String(node['object']['name'])}.${String(node['property']['name'])}`]
        : []
    default:
      return []
  }
}

/** Members of an object are not names by themselves: `clock.setTimeout` names `clock` only. */
function visit(node: Node, see: (node: Node) => void): void {
  see(node)
  const isPlainMember = node['computed'] === false
  for (const [member, value] of Object.entries(node)) {
    if (isPlainMember && (member === 'property' || (member === 'key' && !node['shorthand'])))
      continue
    for (const child of [value].flat()) if (isNode(child)) visit(child, see)
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}
