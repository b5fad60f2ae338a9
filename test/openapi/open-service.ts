import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpenApiServerConfig } from '../../src/contract/config.ts'
import { readServer } from '../../src/contract/config/read.ts'
import type { Outcome } from '../../src/core/call/call.ts'
import { fetchListing } from '../../src/core/routing/fetch-listing.ts'
import type { Upstream, UpstreamEvents } from '../../src/core/routing/upstream.ts'
import { connectOpenApi } from '../../src/upstreams/openapi/connect.ts'
import { createMessageReader } from '../../src/wire/message.ts'
import { callOf, messageOf } from '../kit/calls.ts'

export const petstore = join(import.meta.dirname, '../fixtures/openapi/petstore.yaml')

export interface OpenedUpstream extends AsyncDisposable {
  readonly upstream: Upstream
  /** What status would show. */
  readonly problems: (string | undefined)[]
  readonly tools: () => Promise<readonly ListedTool[]>
  readonly call: (name: string, args?: unknown) => Promise<Outcome>
  /** The result of a call that was answered. */
  readonly result: (name: string, args?: unknown) => Promise<ToolResult>
}

export interface ListedTool {
  readonly name: string
  readonly title?: string
  readonly description: string
  // oxlint-disable-next-line typescript/no-explicit-any -- a test looks into what it expects
  readonly inputSchema: any
  readonly annotations: Readonly<Record<string, boolean>>
}

export interface ToolResult {
  readonly content: readonly Readonly<Record<string, unknown>>[]
  readonly structuredContent?: unknown
  readonly isError?: boolean
}

export function configOf(entry: object, name = 'pets'): OpenApiServerConfig {
  const server = readServer(name, { ...entry })
  if (server.transport !== 'openapi') throw new Error('it is no service')
  return server
}

/** The upstream by itself, over a real network. */
export async function openUpstream(
  entry: object,
  { hide = (text: string) => text } = {},
): Promise<OpenedUpstream> {
  const problems: (string | undefined)[] = []
  const config = configOf(entry)
  const connect = connectOpenApi(config, {
    read: createMessageReader(),
    limitBytes: 4 * 1024 * 1024,
    hide,
  })
  const events = { ...silent, health: (problem: string | undefined) => void problems.push(problem) }
  const upstream = await connect(events, new AbortController().signal)
  const call = (name: string, args: unknown = {}) =>
    new Promise<Outcome>((resolve) => {
      upstream.send(
        callOf(
          messageOf(
            `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":${JSON.stringify(name)},"arguments":${typeof args === 'string' ? args : JSON.stringify(args)}}}`,
          ),
        ),
        resolve,
      )
    })
  return {
    upstream,
    problems,
    call,
    async tools() {
      const fetched = await fetchListing(upstream, 'tools', config)
      if ('problem' in fetched) throw new Error(fetched.problem)
      return fetched.listing.entries.map(({ bytes }) => JSON.parse(bytes.toString()))
    },
    async result(name, args) {
      const outcome = await call(name, args)
      if (outcome.kind === 'failure') throw outcome.error
      const { result } = JSON.parse(outcome.reply.bytes.toString())
      return result
    },
    [Symbol.asyncDispose]: async () => upstream[Symbol.asyncDispose](),
  }
}

export function textOf({ content }: ToolResult): string {
  return content.map(({ text }) => (typeof text === 'string' ? text : '')).join('\n')
}

export interface WrittenDocument extends AsyncDisposable {
  readonly path: string
  write(document: unknown): Promise<void>
}

/** A description in a file of its own. */
export async function writeDocument(document: unknown): Promise<WrittenDocument> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-openapi-'))
  const path = join(folder, 'service.json')
  const write = (one: unknown) =>
    writeFile(path, typeof one === 'string' ? one : JSON.stringify(one))
  await write(document)
  return {
    path,
    write,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** The smallest description around these paths. */
export function documentOf(paths: object, rest: object = {}): object {
  return { openapi: '3.1.0', info: { title: 'Small', version: '1' }, paths, ...rest }
}

const silent: UpstreamEvents = {
  listChanged() {},
  resourceUpdated() {},
  relist: async () => '',
  missed() {},
  logged() {},
  health() {},
  noise() {},
}
