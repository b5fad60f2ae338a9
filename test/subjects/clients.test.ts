import { afterAll, beforeAll, expect } from 'vitest'

import { fixtureOverStdio, startHttpFixture } from '../kit/conformance-fixture.ts'
import { startGateway, type RunningGateway } from '../kit/gateway.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { askWithAiSdk } from './clients/ai-sdk.ts'
import type { AskAll } from './clients/answers.ts'
import { askWithInspector } from './clients/inspector.ts'
import { askWithSdkV1 } from './clients/sdk-v1.ts'
import { askWithSdkV2 } from './clients/sdk-v2.ts'
import { prepareSubjects, toServers } from './servers.ts'

const clients = [
  { name: 'the official SDK, version 1', ask: askWithSdkV1 },
  { name: 'the official SDK, version 2, in the legacy era', ask: askWithSdkV2('legacy') },
  { name: 'the official SDK, version 2, in the modern era', ask: askWithSdkV2('modern') },
  { name: 'the official inspector in the legacy era', ask: askWithInspector('legacy') },
  { name: 'the official inspector in the modern era', ask: askWithInspector('modern') },
  { name: 'the client of the AI SDK', ask: askWithAiSdk },
] as const

const fixtures = [
  { kind: 'legacy over stdio', connect: async () => fixtureOverStdio('legacy') },
  { kind: 'modern over stdio', connect: async () => fixtureOverStdio('modern') },
  { kind: 'legacy over HTTP', connect: () => startHttpFixture('legacy') },
  { kind: 'modern over HTTP', connect: () => startHttpFixture('modern') },
] as const

const open = new AsyncDisposableStack()
const gateways = new Map<string, RunningGateway>()
let home = ''

beforeAll(async () => {
  home = open.use(await createTempFolder()).path
  const { everything } = toServers(await prepareSubjects(home))
  for (const { kind, connect } of fixtures) {
    const fixture = await connect()
    if (Symbol.asyncDispose in fixture) open.use(fixture)
    const entry = 'url' in fixture ? { url: fixture.url } : fixture
    const gateway = open.use(await startGateway({ servers: { everything, fixture: entry } }))
    gateways.set(kind, gateway)
  }
})

afterAll(() => open.disposeAsync())

for (const { name, ask } of clients) {
  for (const { kind } of fixtures) {
    verifies('surface:real-clients', `${name} gets everything from a server that is ${kind}`, () =>
      askEverything(ask, kind),
    )
  }
}

async function askEverything(ask: AskAll, kind: string): Promise<void> {
  const url = gateways.get(kind)?.url ?? ''

  const answers = await ask(url, home)

  expect(answers).toEqual({
    tools: expect.arrayContaining(['echo', 'get-sum', 'test_simple_text']),
    echoed: 'Echo: hello',
    text: 'This is a simple text response for testing.',
    prompt: 'This is a simple prompt for testing.',
    resource: 'This is the content of the static text resource.',
  })
}
