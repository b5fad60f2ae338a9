import { createScanner, findNodeAtLocation, getNodeValue, parseTree } from 'jsonc-parser'
import type { Node, ParseError } from 'jsonc-parser'

import type { KeyPath } from '../../contract/config/problem.ts'
import { printPath } from '../../contract/config/problem.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { printParseError } from './json-problems.ts'

/** A problem at a place in a text. */
export interface PlacedProblem {
  readonly offset: number
  readonly problem: string
}

/** JSON with comments, and where each of its values stands. */
export interface JsonDocument {
  readonly value: unknown
  /** Where the value at a path begins, or its key, or the nearest thing around it that exists. */
  readonly offsetOf: (path: KeyPath, onKey: boolean) => number
  /** The value at a path exactly as it is written. */
  readonly sourceText: (path: KeyPath) => string | undefined
}

const depthLimit = 64
const refusedKeys = new Set(['__proto__', 'constructor', 'prototype'])

/** Parses JSON with comments; throws `config_invalid` with every reason why it cannot be used. */
export function parseDocument(text: string, file: string): JsonDocument {
  const tooDeep = findTooDeep(text, depthLimit)
  if (tooDeep !== undefined) {
    const problem = `this is nested deeper than ${depthLimit} levels: flatten it`
    throw invalid(file, text, [{ offset: tooDeep, problem }])
  }
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { allowTrailingComma: true })
  const [first] = errors
  if (first || !root) throw invalid(file, text, [syntaxProblem(text, first)])
  const problems = [...keyProblems(root, [], text)]
  if (problems.length > 0) throw invalid(file, text, problems)
  return {
    value: getNodeValue(root),
    offsetOf: (path, onKey) => offsetOf(root, path, onKey),
    sourceText: (path) => {
      const node = findNodeAtLocation(root, [...path])
      return node && text.slice(node.offset, node.offset + node.length)
    },
  }
}

/** One error that tells all problems, each at its line and column, in the order of the file. */
export function invalid(
  file: string,
  text: string,
  problems: readonly PlacedProblem[],
): GatewayError<'config_invalid'> {
  const placed = problems
    .map(({ offset, problem }) => ({ ...positionOf(text, offset), offset, problem }))
    .toSorted((a, b) => a.offset - b.offset)
  const [first, ...others] = placed
  const further = others.map((one) => `\n${file}:${one.line}:${one.column}: ${one.problem}`)
  return new GatewayError('config_invalid', {
    file,
    line: first?.line ?? 1,
    column: first?.column ?? 1,
    problem: `${first?.problem ?? 'it is not valid'}${further.join('')}`,
  })
}

/** Line and column of an offset, both counted from one. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/)
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

function syntaxProblem(text: string, error: ParseError | undefined): PlacedProblem {
  if (text.trim() === '') {
    return { offset: 0, problem: 'the file is empty: write { "servers": {} }' }
  }
  return error
    ? { offset: error.offset, problem: printParseError(error) }
    : { offset: 0, problem: 'the file holds no JSON value' }
}

/** Where a text nests deeper than this: the parser recurses, so depth is counted before it runs. */
export function findTooDeep(text: string, limit: number): number | undefined {
  const scanner = createScanner(text, true)
  let depth = 0
  while (scanner.getPosition() < text.length) {
    scanner.scan()
    const offset = scanner.getTokenOffset()
    const first = text[offset]
    if (first === '{' || first === '[') depth += 1
    if (first === '}' || first === ']') depth -= 1
    if (depth > limit) return offset
  }
  return undefined
}

function* keyProblems(node: Node, path: KeyPath, text: string): Generator<PlacedProblem> {
  const seen = new Map<string, number>()
  for (const [index, child] of (node.children ?? []).entries()) {
    const [keyNode, valueNode] =
      node.type === 'object' ? (child.children ?? []) : [undefined, child]
    const key: string | number = keyNode ? String(keyNode.value) : index
    if (keyNode && typeof key === 'string') {
      const place = printPath([...path, key])
      const earlier = seen.get(key)
      if (earlier !== undefined) {
        const { line, column } = positionOf(text, earlier)
        const problem = `${place} is given twice, first at ${line}:${column}: keep one`
        yield { offset: keyNode.offset, problem }
      }
      if (refusedKeys.has(key)) {
        yield {
          offset: keyNode.offset,
          problem: `${place} is not allowed as a key: choose another name`,
        }
      }
      seen.set(key, earlier ?? keyNode.offset)
    }
    if (valueNode) yield* keyProblems(valueNode, [...path, key], text)
  }
}

function offsetOf(root: Node, path: KeyPath, onKey: boolean): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = findNodeAtLocation(root, path.slice(0, length))
    if (!node) continue
    const property = node.parent?.type === 'property' ? node.parent : undefined
    // What stands around a missing value is named by its key.
    const byKey = onKey || length < path.length
    return byKey ? (property ?? node).offset : node.offset
  }
  return root.offset
}
