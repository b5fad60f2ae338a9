import { afterAll, beforeAll, expect } from 'vitest'

import { startGateway, type RunningGateway } from '../kit/gateway.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { connectDirectly, connectOverHttp, type WireTool } from './raw-client.ts'
import { prepareSubjects, toServers, type Subject } from './servers.ts'

const names = [
  'everything',
  'files',
  'memory',
  'thinking',
  'budget',
  'hello',
  'git',
  'linter',
] as const

const open = new AsyncDisposableStack()
let subjects: readonly Subject[] = []
let gateway: RunningGateway

beforeAll(async () => {
  const folder = open.use(await createTempFolder())
  subjects = await prepareSubjects(folder.path)
  gateway = open.use(await startGateway({ servers: toServers(subjects) }))
})

afterAll(() => open.disposeAsync())

for (const name of names) {
  verifies('upstream:real-servers', `${name} shows its own tools on its own endpoint`, () =>
    compareTools(name),
  )
  verifies('upstream:real-servers', `${name} answers through the gateway as it does directly`, () =>
    compareAnswers(name),
  )
}

async function compareTools(name: string): Promise<void> {
  await using direct = await connectDirectly(subjectNamed(name))
  await using through = await connectOverHttp(gateway.urlOf(name))

  const expected = await direct.listTools()
  const shown = await through.listTools()

  expect(expected.length).toBeGreaterThan(0)
  // A server may show more to a client that can do more, so this asks for no less and no change.
  expect(pick(shown, expected)).toEqual(byName(expected))
}

async function compareAnswers(name: string): Promise<void> {
  const subject = subjectNamed(name)
  await using direct = await connectDirectly(subject)
  await using own = await connectOverHttp(gateway.urlOf(name))
  await using merged = await connectOverHttp(gateway.url)
  const shownName = findShownName(await merged.listTools(), subject)

  const answers = [
    await own.callTool(subject.tool, subject.arguments),
    await merged.callTool(shownName, subject.arguments),
  ]

  const expected = [
    await direct.callTool(subject.tool, subject.arguments),
    await direct.callTool(subject.tool, subject.arguments),
  ]
  expect(answers).toEqual(expected)
  expect(expected).toEqual([expect.not.objectContaining({ isError: true }), expect.anything()])
}

verifies('upstream:real-servers', 'a name that two of them use has the server in front', () =>
  checkSharedName(),
)

async function checkSharedName(): Promise<void> {
  await using merged = await connectOverHttp(gateway.url)

  const shown = (await merged.listTools()).map((tool) => tool.name)

  expect(shown).toEqual(expect.arrayContaining(['everything__echo', 'hello__echo']))
  expect(shown).not.toContain('echo')
  expect(new Set(shown).size).toBe(shown.length)
}

function subjectNamed(name: string): Subject {
  const subject = subjects.find((candidate) => candidate.name === name)
  if (!subject) throw new Error(`No subject is named ${name}`)
  return subject
}

function findShownName(tools: readonly WireTool[], { name, tool }: Subject): string {
  const shown = tools.map((candidate) => candidate.name)
  const prefixed = `${name}__${tool}`
  if (shown.includes(prefixed)) return prefixed
  expect(shown).toContain(tool)
  return tool
}

function byName(tools: readonly WireTool[]): Readonly<Record<string, WireTool>> {
  return Object.fromEntries(tools.map((tool) => [tool.name, tool]))
}

function pick(
  tools: readonly WireTool[],
  wanted: readonly WireTool[],
): Readonly<Record<string, WireTool>> {
  const wantedNames = new Set(wanted.map(({ name }) => name))
  return byName(tools.filter(({ name }) => wantedNames.has(name)))
}
