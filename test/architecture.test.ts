import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { verifies } from './requirements/verifies.ts'
import { readModule } from './house/read-module.ts'

const parts = [
  'assistant',
  'access',
  'audit',
  'surfaces',
  'upstreams',
  'runner',
  'schemas',
  'core',
  'processes',
  'contract',
  'wire',
  'kit',
]

/** Who may import whom. ARCHITECTURE.md prints this table; a test below keeps the two equal. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  kit: [],
  contract: ['kit'],
  wire: ['kit'],
  processes: ['wire', 'kit'],
  core: ['contract', 'wire', 'kit'],
  upstreams: ['core', 'contract', 'wire', 'processes', 'kit'],
  surfaces: ['core', 'contract', 'wire', 'kit'],
  access: ['core', 'contract', 'kit'],
  audit: ['core', 'contract', 'wire', 'kit'],
  assistant: ['core', 'contract', 'kit'],
  runner: ['contract', 'wire', 'processes', 'kit'],
  schemas: ['contract', 'kit'],
  'apps/config': ['contract', 'kit'],
  'apps/example-server': ['kit'],
  'apps/gateway': [...parts, 'apps/config', 'apps/example-server', 'apps/llm-runner'],
  'apps/agent': ['apps/gateway', 'apps/config', 'core', 'contract', 'wire', 'kit'],
  'apps/llm-runner': [
    'assistant',
    'upstreams',
    'runner',
    'schemas',
    'processes',
    'contract',
    'kit',
  ],
  'apps/chat': ['apps/gateway', 'assistant', 'core', 'contract', 'kit'],
  'apps/cli': [
    'apps/gateway',
    'apps/agent',
    'apps/chat',
    'apps/llm-runner',
    'apps/config',
    'apps/example-server',
    'contract',
    'kit',
  ],
}

const files = globSync('src/**/*.ts').filter((file) => !/(\.test|-contract)\.ts$/.test(file))
const modules = files.map((file) => ({ file, part: partOf(file), ...readModule(file) }))

verifies('house:imports:one-way', 'every source file belongs to a part of the table', () => {
  expect(modules.filter(({ part }) => part === undefined).map(({ file }) => file)).toEqual([])
})

verifies('house:imports:one-way', 'a part imports only what the table allows', () => {
  const strays = modules.flatMap(({ file, part, imports }) =>
    imports
      .filter((target) => target.startsWith('.'))
      .map((target) => path.join(path.dirname(file), target))
      .filter((target) => !mayReach(part ?? '', partOf(target)))
      .map((target) => `${file} must not import ${target}`),
  )

  expect(strays).toEqual([])
})

test('a relative import ends with .ts and names a file that exists', () => {
  const strays = modules.flatMap(({ file, imports }) =>
    imports
      .filter((target) => target.startsWith('.'))
      .filter((target) => !files.includes(path.join(path.dirname(file), target)))
      .map((target) => `${file} imports ${target}`),
  )

  expect(strays).toEqual([])
})

test('core imports no Node module and no package', () => {
  const strays = modules
    .filter(({ part }) => part === 'core')
    .flatMap(({ file, imports }) =>
      imports
        .filter((target) => !target.startsWith('.'))
        .map((target) => `${file} imports ${target}`),
    )

  expect(strays).toEqual([])
})

verifies('house:imports:quiet', 'core names no process, clock, timer or socket', () => {
  const clocks = ['Date.now', 'new Date()', 'performance', 'setTimeout', 'setInterval']
  const banned = [...clocks, 'setImmediate', 'process', 'globalThis', 'fetch']

  expect(namedIn(['core'], banned)).toEqual([])
})

verifies(
  'house:imports:quiet',
  'only programs read the environment, write to the console or exit',
  () => {
    const members = ['env', 'argv', 'exit', 'exitCode', 'stdout', 'stderr', 'stdin']
    const banned = [...members.map((member) => `process.${member}`), 'console']

    expect(namedIn(parts, banned)).toEqual([])
  },
)

test('nothing is exported as default', () => {
  expect(namedIn(Object.keys(mayImport), ['export default'])).toEqual([])
})

test('ARCHITECTURE.md prints this table', () => {
  const page = readFileSync('ARCHITECTURE.md', 'utf8')
  const rows = [...page.matchAll(/^\| `(?<part>[\w/-]+)` +\| (?<may>[^|]+)\|$/gm)].map(
    ({ groups }) => [groups?.['part'], groups?.['may']?.trim()],
  )

  expect(rows).toEqual(Object.entries(mayImport).map(([part, may]) => [part, printRow(may)]))
})

function printRow(may: readonly string[]): string {
  return may.map((part) => `\`${part}\``).join(', ') || 'nothing'
}

/** `src/core/call/call.ts` is of `core`; `src/apps/cli/main.ts` of `apps/cli`. */
function partOf(file: string): string | undefined {
  const [, first = '', second = ''] = file.split(path.sep)
  return [`${first}/${second}`, first].find((part) => part in mayImport)
}

function mayReach(part: string, target: string | undefined): boolean {
  return target !== undefined && [part, ...(mayImport[part] ?? [])].includes(target)
}

function namedIn(where: readonly string[], banned: readonly string[]): string[] {
  return modules
    .filter(({ part }) => part !== undefined && where.includes(part))
    .flatMap(({ file, names }) =>
      banned.filter((name) => names.includes(name)).map((name) => `${file} names ${name}`),
    )
}
