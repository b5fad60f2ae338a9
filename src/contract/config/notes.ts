import type { KeyPath, Problem } from './problem.ts'

/** What the steps of normalising leave behind. */
export interface Notes {
  problem(path: KeyPath, problem: string): void
  warning(path: KeyPath, problem: string): void
  moved(native: KeyPath, written: KeyPath): void
}

/** The source text of the number or literal at a path, where there is a source. */
export type SourceText = (path: KeyPath) => string | undefined

/** What was noted, once all is read. */
export interface Noted {
  /** Where in the file as written the value at a native path came from. */
  readonly origin: (path: KeyPath) => KeyPath
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

export function createNotes(): Notes & { result(): Noted } {
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const origins = new Map<string, KeyPath>()
  return {
    problem: (path, problem) => void problems.push({ path, problem, onKey: true }),
    warning: (path, problem) => void warnings.push({ path, problem, onKey: true }),
    moved: (native, written) => void origins.set(JSON.stringify(native), written),
    result: () => ({ problems, warnings, origin: (path) => originOf(path, origins) }),
  }
}

function originOf(path: KeyPath, origins: ReadonlyMap<string, KeyPath>): KeyPath {
  for (let length = path.length; length > 0; length -= 1) {
    const found = origins.get(JSON.stringify(path.slice(0, length)))
    if (found) return [...found, ...path.slice(length)]
  }
  return path
}
