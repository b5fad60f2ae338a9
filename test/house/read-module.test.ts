import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createTempFolder } from '../kit/temp-folder.ts'
import { readModule } from './read-module.ts'

test('every kind of import is seen, and none in comments or strings', async () => {
  const { imports } = await read(`
    import type { A } from './a.ts'
    import { b } from './b.ts'
    import './c.ts'
    export * from './d.ts'
    export { e } from './e.ts'
    const f = await import('./f.ts')
    // import './no.ts'
    const text = "import './no.ts'"
    const g: import('./g.ts').G = b(f, text)
  `)

  expect(imports.toSorted()).toEqual(
    ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `./${name}.ts`),
  )
})

test('names are those that stand free, members are not', async () => {
  const { names } = await read(`
    const late = new Date()
    clock.setTimeout(process.env)
    const port = { fetch: 1 }
    export default late
  `)

  expect(names).toContain('new Date()')
  expect(names).toContain('process.env')
  expect(names).toContain('export default')
  expect(names).not.toContain('setTimeout')
  expect(names).not.toContain('fetch')
})

async function read(source: string): Promise<ReturnType<typeof readModule>> {
  await using folder = await createTempFolder()
  const file = path.join(folder.path, 'sample.ts')
  await writeFile(file, source)
  return readModule(file)
}
