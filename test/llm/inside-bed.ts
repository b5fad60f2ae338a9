import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { LlmProgramConfig } from '../../src/contract/llm.ts'
import { isRecord } from '../../src/kit/is-record.ts'
import { ask, newKey, untilStatus } from '../access/people.ts'
import { exampleServer } from '../door/gateways.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { startGateway } from '../kit/gateway.ts'
import { processesWith } from '../kit/process-tree.ts'
import type { ProcessMark } from '../kit/process-tree.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { fakeEntry, recordsIn } from './bed.ts'
import type { FakeRecord, FakeScript } from './fixtures/fake-program.ts'

/** A program that is the fake, and what it does start by start. */
export interface Fake {
  readonly scripts: readonly FakeScript[]
  readonly entry?: LlmProgramConfig
}

/** A gateway whose own server `llm` runs fakes. */
export interface InsideBed extends AsyncDisposable {
  readonly gateway: RunningGateway
  /** The key of somebody with these scopes. */
  readonly keyFor: (name: string, scopes: readonly string[]) => Promise<string>
  readonly call: (key: string | undefined, tool: string, asked: Calling) => Promise<Called>
  /** What a fake was started with. */
  readonly records: (fake: string) => readonly FakeRecord[]
  /** Lets a fake go on that waits for this. */
  readonly let: (fake: string, file: string) => Promise<void>
  /** Processes of the fakes, and those they have started, that still run. */
  readonly running: (fake: string) => readonly ProcessMark[]
  readonly configOf: (llm: object, servers?: object) => object
}

export interface Calling {
  readonly args?: object
  readonly server?: string
  readonly signal?: AbortSignal
}

export interface Called {
  readonly status: number
  readonly isError: boolean
  readonly text: string
  readonly value: Readonly<Record<string, unknown>>
}

export interface InsideOptions {
  readonly fakes: Readonly<Record<string, Fake>>
  readonly llm?: object
  readonly servers?: object
  readonly access?: object
  readonly more?: object
}

export async function openInside(options: InsideOptions): Promise<InsideBed> {
  await using undo = new AsyncDisposableStack()
  const { path: folder } = undo.use(await createTempFolder())
  const place = (fake: string) => join(folder, fake)
  for (const [name, { scripts }] of Object.entries(options.fakes)) {
    await mkdir(place(name))
    await writeFile(join(place(name), 'scripts.json'), JSON.stringify(scripts))
  }
  const programs = Object.fromEntries(
    Object.entries(options.fakes).map(([name, { entry }]) => [name, fakeEntry(place(name), entry)]),
  )
  const configOf = (llm: object, servers: object = {}) => ({
    ...options.more,
    ...(options.access && { access: options.access }),
    llm: { programs, ...llm },
    servers: { demo: exampleServer, ...servers },
  })
  const gateway = undo.use(await startGateway(configOf(options.llm ?? {}, options.servers)))
  const cleanup = undo.move()
  return {
    gateway,
    configOf,
    async keyFor(name, scopes) {
      const { key } = await newKey(gateway, { name, scopes: [...scopes] })
      await untilStatus(gateway, key, 200)
      return key
    },
    call: (key, tool, asked) => callTool(gateway, key, { tool, ...asked }),
    records: (fake) => recordsIn(place(fake)),
    let: (fake, file) => writeFile(join(place(fake), file), ''),
    running: (fake) =>
      processesWith(place(fake)).filter(({ command }) => command.includes('fake-program')),
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  }
}

async function callTool(
  { port }: RunningGateway,
  key: string | undefined,
  { tool, server = 'llm', args = {}, signal }: Calling & { readonly tool: string },
): Promise<Called> {
  const response = await fetch(`http://127.0.0.1:${port}/api/tools/call`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({ server_name: server, tool_name: tool, arguments: args }),
    ...(signal && { signal }),
  })
  const body: unknown = await response.json()
  const said = isRecord(body) ? body : {}
  const content = Array.isArray(said['content']) ? said['content'] : []
  const [first]: readonly unknown[] = content
  return {
    status: response.status,
    isError: said['is_error'] === true,
    text: isRecord(first) ? String(first['text']) : JSON.stringify(said),
    value: Object(said['structured_content'] ?? said),
  }
}

/** What a REST address answers, as JSON. */
export async function getJson(
  gateway: RunningGateway,
  key: string | undefined,
  { path, method = 'GET' }: { readonly path: string; readonly method?: string },
): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> {
  const { status, text } = await ask(gateway, key, path, { method })
  return { status, body: Object(JSON.parse(text)) }
}
