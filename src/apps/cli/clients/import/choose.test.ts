import { expect } from 'vitest'

import { verifies } from '../../../../../test/requirements/verifies.ts'
import { choose } from './choose.ts'
import type { Planned, Status } from './plan-import.ts'

const all: readonly Planned[] = [
  planned('a', 'new'),
  planned('b', 'unset'),
  planned('c', 'project'),
  planned('d', 'disabled'),
  planned('a', 'clash'),
  planned('e', 'unusable'),
]

function planned(name: string, status: Status): Planned {
  const from = { client: 'cursor', file: 'f', isProject: false }
  return { name, status, from, at: name, entry: { command: name }, notes: [], reason: 'why' }
}

function taken(choice: { readonly only?: readonly string[]; readonly as?: string }) {
  return choose(all, choice).taken.map(({ name, status }) => [name, status])
}

verifies(
  'clients:import:names',
  'what is new is taken, and what is named also when it is not set yet',
  () => {
    expect(taken({})).toEqual([
      ['a', 'new'],
      ['d', 'disabled'],
    ])
    expect(taken({ only: ['b', 'c', 'e'] })).toEqual([
      ['b', 'unset'],
      ['c', 'project'],
    ])
  },
)

verifies(
  'clients:import:names',
  'a name is given to exactly one server, and only a name that can be',
  () => {
    expect(choose([planned('a', 'clash')], { as: 'z' }).taken).toMatchObject([
      { name: 'z', status: 'new' },
    ])
    expect(() => taken({ as: 'z' })).toThrow('there are 6')
    expect(() => taken({ only: ['b'], as: 'no way' })).toThrow('cannot be the name')
    expect(() => taken({ only: ['x9'] })).toThrow('No server named "x9" was found')
  },
)
