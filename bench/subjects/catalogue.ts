import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import path from 'node:path'

import { subjectEnv, untilListening, type Started } from '../runner/children.ts'
import type { Door, HttpDoor, Route, StartContext, Subject } from '../runner/subject.ts'
import { gantry } from './gantry.ts'
import { nginx, nginxDefault } from './nginx.ts'

const benchDir = path.join(import.meta.dirname, '..')
const httpOnly = {
  'http-stdio': 'it proxies HTTP only',
  'stdio-http': 'it proxies HTTP only',
} as const
const notOnStdio = { 'stdio-http': 'it has no stdio side for clients' } as const

const direct: Subject = {
  name: 'direct',
  what: 'the server itself, nothing between',
  cannot: {},
  start: async ({ route, upstreamArgv, upstreamUrl, upstreamPid, children }) =>
    route === 'http-http'
      ? { kind: 'streamable', url: upstreamUrl, pid: upstreamPid }
      : { kind: 'stdio', argv: upstreamArgv, env: subjectEnv(children.tempDir) },
}

const minimal = script({
  name: 'minimal',
  what: 'node:http in, bare sockets out, no gateway logic (bench/subjects/minimal.ts)',
  cannot: httpOnly,
})
const byteProxy = script({
  name: 'byte-proxy',
  what: 'node:http in, undici Pool.dispatch out, no gateway logic (bench/subjects/byte-proxy.ts)',
  cannot: httpOnly,
})
const sdkV1 = coarse({
  name: 'sdk-v1',
  what: 'naive gateway on @modelcontextprotocol/sdk 1.x (bench/subjects/sdk-v1.ts)',
  cannot: notOnStdio,
})
const sdkV2 = coarse({
  name: 'sdk-v2',
  what: 'naive gateway on @modelcontextprotocol/client and server 2.x (bench/subjects/sdk-v2.ts)',
  cannot: notOnStdio,
})

const mcpProxy: Subject = {
  name: 'mcp-proxy',
  isCoarse: true,
  what: 'npm mcp-proxy 6.7.19',
  cannot: {
    'http-http': 'it fronts stdio servers only',
    'stdio-http': 'it has no stdio side for clients',
    ...missing('mcp-proxy'),
  },
  start: (context) =>
    startHttp(context, [
      packageFile('mcp-proxy/dist/bin/mcp-proxy.mjs'),
      '--port',
      String(context.port),
      '--host',
      '127.0.0.1',
      '--server',
      'stream',
      '--',
      ...context.upstreamArgv,
    ]),
}

const supergateway: Subject = {
  name: 'supergateway',
  isCoarse: true,
  what: 'npm supergateway 4.0.0, stateful',
  cannot: {
    'http-http': 'it fronts stdio servers only',
    ...missing('supergateway'),
  },
  maxSessions: 1,
  notes: {
    'http-stdio': 'one session for all connections: it starts a server process for each session',
  },
  start: async (context) =>
    context.route === 'stdio-http'
      ? stdioDoor(context, [
          packageFile('supergateway/dist/index.js'),
          '--streamableHttp',
          context.upstreamUrl,
          '--logLevel',
          'none',
        ])
      : startHttp(context, [
          packageFile('supergateway/dist/index.js'),
          '--stdio',
          context.upstreamArgv.join(' '),
          '--outputTransport',
          'streamableHttp',
          '--stateful',
          '--port',
          String(context.port),
          '--logLevel',
          'none',
        ]),
}

const mcpHub: Subject = {
  name: 'mcp-hub',
  isCoarse: true,
  what: 'npm mcp-hub 4.2.1, its MCP endpoint (HTTP+SSE, the only one it has)',
  cannot: { ...notOnStdio, ...missing('mcp-hub') },
  async start(context) {
    const [command = '', ...args] = context.upstreamArgv
    const echo =
      context.route === 'http-http' ? { url: context.upstreamUrl } : { command, args, env: {} }
    const file = path.join(context.folder, 'servers.json')
    writeFileSync(file, JSON.stringify({ mcpServers: { echo } }))
    const argv = [packageFile('mcp-hub/dist/cli.js'), '--port', String(context.port)]
    const door = await startHttp(context, [...argv, '--config', file])
    return { ...door, kind: 'sse' }
  },
}

const mcpRemote: Subject = {
  name: 'mcp-remote',
  isCoarse: true,
  what: 'npm mcp-remote 0.15.1',
  cannot: {
    'http-http': 'it serves clients on stdio only',
    'http-stdio': 'it serves clients on stdio only',
    ...missing('mcp-remote'),
  },
  start: async (context) =>
    stdioDoor(context, [
      packageFile('mcp-remote/dist/proxy.js'),
      context.upstreamUrl,
      String(context.port),
      '--allow-http',
      '--transport',
      'http-only',
    ]),
}

/** Every subject, in the order in which they are measured and printed. */
export const subjects: readonly Subject[] = [
  direct,
  nginx,
  nginxDefault,
  gantry,
  minimal,
  byteProxy,
  sdkV1,
  sdkV2,
  mcpProxy,
  supergateway,
  mcpHub,
  mcpRemote,
]

/** A subject given on the command line: `{port}`, `{url}` and `{command}` are filled in. */
export function adHocSubject(command: string): Subject {
  return {
    name: 'ad-hoc',
    what: command,
    cannot: {
      ...(!command.includes('{url}') && { 'http-http': 'its command takes no {url}' }),
      ...(!command.includes('{command}') && { 'http-stdio': 'its command takes no {command}' }),
      'stdio-http': 'a command given by hand is reached over HTTP',
    },
    async start(context) {
      const filled = command
        .replaceAll('{port}', String(context.port))
        .replaceAll('{url}', context.upstreamUrl)
        .replaceAll('{command}', context.upstreamArgv.join(' '))
      const started = context.children.start(['sh', '-c', `exec ${filled}`], { role: 'subject' })
      return httpDoor(context, started)
    },
  }
}

function coarse(options: Pick<Subject, 'name' | 'what' | 'cannot'>): Subject {
  return { ...script(options), isCoarse: true }
}

function script({ name, what, cannot }: Pick<Subject, 'name' | 'what' | 'cannot'>): Subject {
  return {
    name,
    what,
    cannot: { ...cannot, ...missing('undici') },
    start: (context) => {
      const file = plainScript(name)
      const upstream =
        context.route === 'http-http' ? [context.upstreamUrl] : ['--', ...context.upstreamArgv]
      return startHttp(context, [file, String(context.port), ...upstream])
    },
  }
}

/** Compiled ahead as a published program would be; beside node_modules, where imports are found. */
function plainScript(name: string): string {
  const source = readFileSync(path.join(benchDir, 'subjects', `${name}.ts`), 'utf8')
  const file = path.join(benchDir, '.cache', `${name}.mjs`)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, stripTypeScriptTypes(source))
  return file
}

async function startHttp(context: StartContext, argv: readonly string[]): Promise<HttpDoor> {
  const started = context.children.start([process.execPath, ...argv], { role: 'subject' })
  return httpDoor(context, started)
}

async function httpDoor({ port }: StartContext, started: Started): Promise<HttpDoor> {
  await untilListening(port, started)
  return { kind: 'streamable', url: `http://127.0.0.1:${port}/mcp`, pid: started.pid }
}

function stdioDoor({ children, folder }: StartContext, argv: readonly string[]): Door {
  return {
    kind: 'stdio',
    argv: children.pinned('subject', [process.execPath, ...argv]),
    env: subjectEnv(folder),
  }
}

function packageFile(file: string): string {
  return path.join(benchDir, 'node_modules', file)
}

/** Said for every route when the packages of bench/ are not installed. */
function missing(name: string): Partial<Record<Route, string>> {
  if (existsSync(packageFile(name))) return {}
  const reason = `${name} is not installed: run npm ci --ignore-scripts in bench/`
  return { 'http-http': reason, 'http-stdio': reason, 'stdio-http': reason }
}
