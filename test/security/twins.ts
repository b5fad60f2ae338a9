import { join } from 'node:path'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import type { Script } from '../fixtures/scripted/script.ts'
import { textResult, tool } from '../fixtures/scripted/script.ts'
import { askMcp, newKey, untilStatus } from '../access/people.ts'
import type { RunningGateway } from '../kit/gateway.ts'

/** Everything in one of two worlds: in one are things that are hidden, in the other those things do not exist. */
export interface World extends AsyncDisposable {
  readonly gateway: RunningGateway
  readonly keys: Readonly<Record<Reader, string>>
  /** Announces something by the servers that are in both worlds. */
  readonly announce: (method: string, params?: Readonly<Record<string, unknown>>) => void
  /** Changes what is hidden, where there is something. */
  readonly stirHidden: () => void
  /** What the hidden server was asked, where there is one. */
  readonly heardByHidden: () => number
}

/** Who asks: one who may see and call a part, one who may look after a part, and one whose profile is a part. */
export type Reader = 'viewer' | 'keeper' | 'confined'

const scopes: Readonly<Record<Reader, readonly string[]>> = {
  viewer: ['read:shown', 'call:shown', 'read:other'],
  keeper: ['config:shown', 'read:shown', 'call:shown'],
  confined: ['read', 'call', 'config', 'programs'],
}

/** The part of everything that is shown; `more` is beside it where there is something to hide. */
function shownScript(more: readonly string[]): Script {
  return {
    era: 'modern',
    tools: [tool('look'), tool('list_files'), ...more.map((name) => tool(name))],
    prompts: ['{"name":"greet"}'],
    resources: ['{"uri":"shown:1","name":"one"}'],
    on: {
      'tools/call': ({ answer }) => answer(textResult('seen')),
      'prompts/get': ({ answer }) => answer('{"messages":[],"resultType":"complete"}'),
      'resources/read': ({ answer }) => answer('{"contents":[],"resultType":"complete"}'),
      'completion/complete': ({ answer }) =>
        answer('{"completion":{"values":[]},"resultType":"complete"}'),
    },
  }
}

const other: Script = { era: 'modern', resources: ['{"uri":"other:1","name":"one"}'] }

function secretScript(tools: string[]): Script {
  return {
    era: 'modern',
    tools,
    prompts: ['{"name":"murmur"}', '{"name":"greet"}'],
    resources: ['{"uri":"secret:1","name":"one"}', '{"uri":"shown:1","name":"another"}'],
    templates: ['{"uriTemplate":"secret:{id}","name":"any"}'],
    on: { 'tools/call': ({ answer }) => answer(textResult('leaked')) },
  }
}

/** What is hidden, by every kind of thing it can be. */
export const hidden = {
  tools: ['conceal', 'list_filed', 'covert', 'secret__look', 'shown__conceal'],
  servers: ['secret'],
  profiles: ['private'],
  prompts: ['murmur', 'secret__greet'],
  uris: ['secret:1', 'secret:7'],
} as const

export async function openWorld(hasHidden: boolean): Promise<World> {
  const tools = [tool('look'), tool('covert')]
  const access = {
    keys: 'required',
    rules: [
      { effect: 'deny', tools: ['conceal', 'list_filed'], principals: ['viewer', 'keeper'] },
      { effect: 'deny', tools: ['conceal', 'list_filed'], principals: ['confined', 'local'] },
    ],
  }
  const part = { servers: ['shown', 'other'] }
  const profiles = { all: {}, part, ...(hasHidden && { private: { servers: ['secret'] } }) }
  const config = { access: hasHidden ? access : { keys: 'required' }, profiles }
  const shown = shownScript(hasHidden ? ['conceal', 'list_filed'] : [])
  await using undo = new AsyncDisposableStack()
  const scripts: Readonly<Record<string, Script>> = {
    shown,
    ...(hasHidden && { secret: secretScript(tools) }),
    other,
  }
  const started = undo.use(await startScripted('http', scripts, { config }))
  const { gateway } = started
  const make = async (name: Reader) => {
    const profile = name === 'confined' ? { profile: 'part' } : {}
    return (await newKey(gateway, { name, scopes: scopes[name], ...profile })).key
  }
  const keys = { viewer: await make('viewer'), keeper: await make('keeper') }
  const confined = await make('confined')
  await untilStatus(gateway, confined, 200)
  // The first list waits for servers that start.
  await askMcp(gateway, confined, 'tools/list')
  const owned = undo.move()
  const { secret, shown: seen } = started.servers
  return {
    gateway,
    keys: { ...keys, confined },
    announce: (method, params) => seen?.announce(method, params),
    stirHidden() {
      tools.push(tool('latest'))
      for (const what of ['tools', 'prompts', 'resources'])
        secret?.announce(`notifications/${what}/list_changed`)
      secret?.announce('notifications/resources/updated', { uri: 'secret:1' })
      secret?.announce('notifications/resources/updated', { uri: 'shown:1' })
    },
    heardByHidden: () =>
      secret?.heard.filter(({ method }) => method !== undefined && asks.test(method)).length ?? 0,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** What a server is only asked for somebody. */
const asks = /^(?:tools\/call|prompts\/get|resources\/read|completion\/complete)$/

/** The configuration file of a world, for programs that read it themselves. */
export const fileOf = ({ gateway }: World): string => join(gateway.folder, 'gantry.json')

/** How long something took, when and where it was. */
const times =
  /"(uptime_ms|pid|started_ms)":\d+|started in \d+ ms|"config":"[^"]*"|,"health":\{[^}]*\}/g

/** An answer without what is another one each time, whoever asks. */
export function settled(text: string): string {
  const hasTimes = text.search(times) !== -1
  return (hasTimes ? text.replace(/^Content-Length: \d+/m, 'Content-Length: …') : text)
    .replaceAll(/^(Date|Mcp-Session-Id): .*\r$/gim, '$1: …\r')
    .replaceAll(times, '…')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:0')
}
