import { expect, test } from 'vitest'
import { beginLine, endLine, ownerLine, parseLedger, placeLine } from './lines.ts'

const owner = { instance: 'an-instance', pid: 7, startedAt: '70', boot: 'b', space: 's' }
const tree = (group: number) => ({ name: `server ${group}`, group, startedAt: String(group) })
const whole =
  ownerLine(owner) + placeLine('/groups') + beginLine(tree(20)) + beginLine(tree(30)) + endLine(20)

test('a ledger tells its owner, the trees that have not ended, and where groups were made', () => {
  expect(parseLedger(whole)).toEqual({ owner, trees: [tree(30)], places: ['/groups'] })
})

test('one that breaks off anywhere after its first line is still read up to its last whole line', () => {
  const first = ownerLine(owner).length

  for (let length = first; length < whole.length; length += 1) {
    const trees = parseLedger(whole.slice(0, length))?.trees.map(({ group }) => group)
    expect([[], [20], [20, 30], [30]]).toContainEqual(trees)
  }
  expect(parseLedger(whole.slice(0, first - 2))).toBeUndefined()
})

test.each([
  ['no text', ''],
  ['something else', 'null\n[]\n7\n{"owner":7}\n'],
  ['an owner without a process', ownerLine({ ...owner, pid: 0 })],
  ['an owner whose name is a path', ownerLine({ ...owner, instance: '../other' })],
])('%s is no ledger', (_, text) => {
  expect(parseLedger(text)).toBeUndefined()
})

test.each([-1, 0, 1, 1.5, Number.NaN])('%d is no group to end', (group) => {
  expect(parseLedger(ownerLine(owner) + beginLine(tree(group)))?.trees).toEqual([])
})
