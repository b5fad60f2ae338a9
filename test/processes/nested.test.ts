import { createInterface } from 'node:readline'
import { describe, expect } from 'vitest'
import { createProcesses } from '../../src/processes/processes.ts'
import { descendantsOf, survivorsOf } from '../kit/process-tree.ts'
import { verifies } from '../requirements/verifies.ts'
import { availableContainments } from './containments.ts'

const fixture = (name: string) => new URL(`../fixtures/processes/${name}`, import.meta.url).pathname

describe.each(await availableContainments())('a supervisor in a tree held by $kind', (held) => {
  verifies(
    'upstream:stdio:tree-dies',
    'ends a program of its own that resists, with all below it',
    async () => {
      await using processes = createProcesses({
        baseEnv: process.env,
        prove: () => Promise.resolve(held.containment),
      })
      const tree = await processes.spawn({
        name: 'outer',
        command: process.execPath,
        args: [fixture('nested.ts'), fixture('stubborn.sh')],
        env: {},
      })
      const lines = createInterface({ input: tree.stdout })[Symbol.asyncIterator]()
      expect((await lines.next()).value).toMatch(/^up /)
      const marks = descendantsOf(tree.pid).filter(({ command }) => !command.includes('nested.ts'))

      tree.stdin.write('stop\n')

      expect((await lines.next()).value).toBe('stopped')
      expect(marks.length).toBeGreaterThan(1)
      expect(survivorsOf(marks)).toEqual([])
    },
  )
})
