import { basename, dirname, relative } from 'node:path'
import type { ConfiguredServer } from '../../../contract/config.ts'
import { redactValue } from '../../../contract/config/redact.ts'
import type { LoadedConfig } from '../../config/load.ts'

/** What is run or reached, as a reviewer knows it and without secrets: a package, a command, an address. */
export function sourceOf(server: ConfiguredServer, loaded: LoadedConfig): string {
  const written = (value: unknown, key: string) =>
    redactValue(value, ['servers', server.name, key], loaded)
  switch (server.transport) {
    case 'stdio': {
      const args = written(server.args, 'args')
      const words = Array.isArray(args) ? args.map(String) : []
      return withoutUser(programSource(String(written(server.command, 'command')), words))
    }
    case 'http':
      return withoutUser(String(written(server.url, 'url')))
    case 'openapi': {
      const place = String(written(server.openapi, 'openapi'))
      const isFile = loaded.path !== undefined && place.startsWith('/')
      const shown = isFile ? relative(dirname(loaded.path), place) : place
      return withoutUser(`openapi:${shown}`)
    }
  }
}

/** A name and password in an address are nobody's business in a review. */
function withoutUser(source: string): string {
  return source.replace(/\/\/[^/@\s]*@/g, '//')
}

interface Launcher {
  /** What is written in front of the name of a package. */
  readonly registry: string
  /** The words between the program and its options. */
  readonly verbs: readonly string[]
  /** Options that name the package. */
  readonly named: readonly string[]
  /** Options with a value that is none. */
  readonly valued: readonly string[]
}

const npm = {
  registry: 'npm',
  verbs: [],
  named: ['-p', '--package'],
  valued: ['--registry', '--cache', '--prefix', '-w', '--workspace'],
}
const pypi = {
  registry: 'pypi',
  verbs: [],
  named: ['--from', '--spec'],
  valued: [
    '--with',
    '--python',
    '--index-url',
    '--extra-index-url',
    '--index',
    '--directory',
    '--project',
  ],
}

/** Programs that fetch a package and run it. */
const launchers: Readonly<Record<string, readonly Launcher[]>> = {
  npx: [npm],
  bunx: [npm],
  npm: ['exec', 'x'].map((verb) => ({ ...npm, verbs: [verb] })),
  pnpm: ['dlx', 'exec'].map((verb) => ({ ...npm, verbs: [verb] })),
  yarn: [{ ...npm, verbs: ['dlx'] }],
  bun: [{ ...npm, verbs: ['x'] }],
  uvx: [pypi],
  uv: [{ ...pypi, verbs: ['tool', 'run'] }],
  pipx: [{ ...pypi, verbs: ['run'] }],
}

function programSource(command: string, words: readonly string[]): string {
  const program = basename(command).replace(/\.(?:cmd|exe)$/i, '')
  const known = Object.hasOwn(launchers, program) ? launchers[program] : undefined
  const launcher = known?.find(({ verbs }) => verbs.every((verb, at) => words[at] === verb))
  const found = launcher && packageIn(words.slice(launcher.verbs.length), launcher)
  if (found !== undefined) return `${launcher?.registry}:${found}`
  const [first] = words.filter((word) => !word.startsWith('-'))
  return `command:${[command, ...(first === undefined ? [] : [first])].join(' ')}`
}

/** The package as it is asked for, with its version where one is. */
function packageIn(words: readonly string[], { named, valued }: Launcher): string | undefined {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    const [option = '', value] = word.split('=', 2)
    if (named.includes(option)) return value ?? words[at + 1]
    if (word === '--') return words[at + 1]
    if (!word.startsWith('-')) return word
    if (valued.includes(word)) at++
  }
  return undefined
}
