import type { ChildTree } from '../../processes/child-tree.ts'

type Printing = Pick<ChildTree, 'stderrTail'>

/** What the programs of each server print to standard error. */
export interface Printed {
  started(server: string, child: Printing): void
  tail(server: string, lines: number): readonly string[]
}

/** Of each server the last program is kept and the one before it: why that one ended is what people look for. */
export function createPrinted(): Printed {
  const last = new Map<string, readonly Printing[]>()

  return {
    started(server, child) {
      const before = last.get(server)?.at(-1)
      last.set(server, before ? [before, child] : [child])
    },
    tail(server, lines) {
      const all = (last.get(server) ?? []).flatMap((child) => child.stderrTail(lines))
      return all.slice(-lines)
    },
  }
}
