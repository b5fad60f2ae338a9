import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLedger } from './ledger.ts'
import { parseLedger } from './lines.ts'

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-ledger-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const quiet = { instance: 'one', onProblem: () => {} }

async function written() {
  return parseLedger(await readFile(join(folder, 'one.ledger'), 'utf8'))
}

test('what was begun stands in the file until it ends, and the file goes with the ledger', async () => {
  const ledger = createLedger({ folder: join(folder), ...quiet })

  await ledger.begin({ name: 'a', group: process.pid })
  const begun = await written()
  ledger.end(process.pid)
  await ledger.begin({ name: 'b', group: 5_000_000 })
  const ended = await written()
  ledger.end(5_000_000)
  await ledger[Symbol.asyncDispose]()

  expect(begun).toMatchObject({
    owner: { instance: 'one', pid: process.pid },
    trees: [{ name: 'a', startedAt: begun?.owner.startedAt }],
  })
  expect(ended?.trees).toEqual([{ name: 'b', group: 5_000_000, startedAt: '' }])
  expect(await readdir(folder)).toEqual([])
})

test('the file stays when something that was begun has not ended', async () => {
  const ledger = createLedger({ folder, ...quiet })
  await ledger.begin({ name: 'a', group: 5_000_000 })

  await ledger[Symbol.asyncDispose]()

  expect((await written())?.trees).toHaveLength(1)
})

test('thousands of starts and ends leave a short file that knows what is there', async () => {
  await using ledger = createLedger({ folder, ...quiet })
  await ledger.place('/groups')
  await ledger.begin({ name: 'lasting', group: 5_000_000 })

  for (let round = 0; round < 2000; round += 1) {
    await ledger.begin({ name: 'passing', group: 5_000_001 })
    ledger.end(5_000_001)
  }
  await ledger.begin({ name: 'last', group: 5_000_002 })
  const text = await readFile(join(folder, 'one.ledger'), 'utf8')

  expect(text.split('\n').length).toBeLessThan(600)
  expect(parseLedger(text)).toMatchObject({
    trees: [{ name: 'lasting' }, { name: 'last' }],
    places: ['/groups'],
  })
  for (const group of [5_000_000, 5_000_002]) ledger.end(group)
})

test('a folder that cannot be written is told once, and again after it could be', async () => {
  const problems: unknown[] = []
  const inside = join(folder, 'file')
  await writeFile(inside, 'in the way')
  const onProblem = (problem: unknown) => void problems.push(problem)
  const ledger = createLedger({ folder: inside, instance: 'one', onProblem })

  await ledger.begin({ name: 'a', group: 5_000_000 })
  await ledger.begin({ name: 'b', group: 5_000_001 })
  const whileBroken = problems.length
  await rm(inside)
  await ledger.begin({ name: 'c', group: 5_000_002 })
  const text = await readFile(join(inside, 'one.ledger'), 'utf8')
  await ledger[Symbol.asyncDispose]()

  expect(whileBroken).toBe(1)
  expect(problems).toHaveLength(1)
  expect(parseLedger(text)?.trees.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
})
