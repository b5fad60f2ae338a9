import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { requirements } from './index.ts'
import { pending } from './pending.ts'

const promised = requirements.map(({ id }) => id as string)
const proven = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], {
  exclude: (file) => file.includes('node_modules'),
}).flatMap((file) => idsProvenIn(readFileSync(file, 'utf8')).map((id) => ({ file, id })))

test('no two requirements share an id', () => {
  const repeated = promised.filter((id, index) => promised.indexOf(id) !== index)

  expect(repeated).toEqual([])
})

test('no test names a requirement that does not exist', () => {
  const strays = proven.filter(({ id }) => !promised.includes(id))

  expect(strays).toEqual([])
})

test('every requirement has a test or is listed as pending', () => {
  const known = new Set<string>([...proven.map(({ id }) => id), ...pending])

  expect(promised.filter((id) => !known.has(id))).toEqual([])
})

test('nothing pending has a test already, and nothing pending is unknown', () => {
  const tested = new Set(proven.map(({ id }) => id))

  expect(pending.filter((id) => tested.has(id) || !promised.includes(id))).toEqual([])
})

test('nothing is pending', ({ annotate }) => {
  // While a change is being made the list may hold something; what is taken may not.
  if (!process.env['CI']) return void annotate(`pending: ${pending.join(', ') || 'none'}`)

  return expect(pending).toEqual([])
})

/** The ids that a test file gives to `verifies`, found without running it. */
function idsProvenIn(source: string): string[] {
  return [...source.matchAll(/\bverifies\(\s*(?<ids>'[^']*'|\[[^\]]*\])/g)].flatMap(({ groups }) =>
    [...(groups?.['ids'] ?? '').matchAll(/'(?<id>[^']+)'/g)].map(
      (match) => match.groups?.['id'] ?? '',
    ),
  )
}
