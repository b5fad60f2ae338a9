import { expect } from 'vitest'
import { verifies } from '../../test/requirements/verifies.ts'
import type { FunctionTool } from '../contract/chat.ts'
import { setApart } from './set-apart.ts'
import type { Offered, Toolbox } from './toolbox.ts'

const named = (name: string): FunctionTool => ({ type: 'function', function: { name } })
const { signal } = new AbortController()

function boxOf(...tools: readonly (readonly [string, string])[]) {
  const called: string[] = []
  const box: Toolbox = {
    list: async () =>
      tools.map(([server, name]): Offered => ({
        definition: named(name),
        server,
        tool: name,
        inputSchema: {},
      })),
    async call({ name }) {
      called.push(name)
      return { kind: 'result', isError: false, content: [] }
    },
  }
  return { box, called }
}

verifies(
  'chat-api:mixed-tools',
  "a tool of ours with the name of one of the caller's has another, under which it is called",
  async () => {
    const long = 'x'.repeat(64)
    const { box, called } = boxOf(
      ['a.b', 'look'],
      ['a_b', 'a_b__look'],
      ['9', 'look'],
      ['c', 'other'],
      ['d', long],
    )
    const apart = setApart(box, [named('look'), named(long)])
    const names = (await apart.list(signal)).map(({ definition }) => definition.function.name)
    for (const name of names)
      await apart.call({ id: '1', name, argumentsJson: '{}', isTainted: false, signal })

    expect(names).toEqual(['a_b__look_2', 'a_b__look', '_9__look', 'other', `d__${'x'.repeat(61)}`])
    expect(called).toEqual(['look', 'a_b__look', 'look', 'other', long])
  },
)
