import { z } from 'zod'

import { ServerLogs, ServerState, ServerStatus } from '../status.ts'
import { NextCursor, Paging } from './paging.ts'
import { route } from './route.ts'

const tag = 'servers'

const Named = z.strictObject({
  name: z.string().min(1).max(200).describe('The name of a server.'),
})

const ServerList = z
  .object({ servers: z.array(ServerStatus), next_cursor: NextCursor })
  .meta({ id: 'ServerList' })

export const listServers = route({
  id: 'list_servers',
  method: 'get',
  path: '/servers',
  tag,
  summary: 'List the servers and how they are',
  scope: ['read', 'config'],
  narrowed: true,
  query: z.strictObject({ ...Paging, state: ServerState.exactOptional() }),
  reply: ServerList,
  fails: ['cursor_invalid'],
})

export const serverStatuses = route({
  id: 'server_statuses',
  method: 'get',
  path: '/servers/status',
  tag,
  summary: 'How every server is',
  scope: ['read', 'config'],
  narrowed: true,
  reply: z.array(ServerStatus).meta({ id: 'ServerStatuses' }),
})

export const getServer = route({
  id: 'get_server',
  method: 'get',
  path: '/servers/{name}',
  tag,
  summary: 'How one server is',
  scope: ['read', 'config'],
  narrowed: true,
  params: Named,
  reply: ServerStatus,
  fails: ['server_unknown'],
})

export const serverLogs = route({
  id: 'server_logs',
  method: 'get',
  path: '/servers/{name}/logs',
  tag,
  summary: 'What a server printed last',
  scope: 'config',
  narrowed: true,
  params: Named,
  query: z.strictObject({
    lines: z.int().min(1).default(50).describe('How many lines.'),
  }),
  reply: ServerLogs,
  fails: ['server_unknown'],
})

const text = z.string()

/** A server as it may be added: our own keys, and those that other gateways use. */
export const NewServer = z
  .looseObject({
    name: text.exactOptional().describe('What it will be called. `server_name` says the same.'),
    server_name: text.exactOptional(),
    url: text.exactOptional().describe('Where it is. `server_url` says the same.'),
    server_url: text.exactOptional(),
    openapi: text
      .exactOptional()
      .describe(
        'The address of an OpenAPI document whose operations become tools, in place of `url`; a file needs the scope `programs`.',
      ),
    headers: z
      .union([z.record(text, text), z.array(z.strictObject({ key: text, value: text }))])
      .exactOptional()
      .describe('Headers sent with each request, as an object or as a list of keys and values.'),
    timeout: z.number().exactOptional().describe('In seconds; `timeoutMs` counts milliseconds.'),
    oauth2_token_url: text
      .nullable()
      .exactOptional()
      .describe(
        'Together with the next three it says the same as `auth` with `"type": "oauth"`, and is written down as that.',
      ),
    oauth2_client_id: text.nullable().exactOptional(),
    oauth2_client_secret: text.nullable().exactOptional(),
    oauth2_scopes: z
      .union([z.array(text), text])
      .nullable()
      .exactOptional(),
    enabled: z.boolean().exactOptional(),
    command: text
      .exactOptional()
      .describe('The program to start, in place of `url`; needs the scope `programs`.'),
    args: z.array(z.union([text, z.number(), z.boolean()])).exactOptional(),
    env: z.record(text, z.union([text, z.number(), z.boolean()])).exactOptional(),
  })
  .meta({
    id: 'NewServer',
    description:
      'Its name, and beside it every key that an entry of `servers` in the configuration may have.',
  })
export type NewServer = z.infer<typeof NewServer>

export const addServer = route({
  id: 'add_server',
  method: 'post',
  path: '/servers',
  tag,
  summary: 'Add a server and write it into the configuration',
  scope: 'config',
  body: NewServer,
  reply: ServerStatus,
  status: 201,
  fails: [
    'definition_invalid',
    'server_exists',
    'program_refused',
    'operator_only',
    'sign_in_unsupported',
    'config_absent',
    'reload_refused',
    'config_locked',
  ],
})

export const ServerChanges = z.looseObject({}).meta({
  id: 'ServerChanges',
  description: 'Keys of the entry in the configuration that become others; null takes a key away.',
})

export const changeServer = route({
  id: 'change_server',
  method: 'patch',
  path: '/servers/{name}',
  tag,
  summary: 'Change the entry of a server in the configuration',
  scope: 'config',
  narrowed: true,
  params: Named,
  body: ServerChanges,
  reply: ServerStatus,
  fails: [
    'definition_invalid',
    'server_unknown',
    'program_refused',
    'operator_only',
    'sign_in_unsupported',
    'config_absent',
    'reload_refused',
    'config_locked',
  ],
})

const Done = z
  .object({ name: z.string(), changed: z.boolean().describe('Whether it was otherwise before.') })
  .meta({ id: 'Done' })

export const removeServer = route({
  id: 'remove_server',
  method: 'delete',
  path: '/servers/{name}',
  tag,
  summary: 'Stop a server and remove it from the configuration',
  scope: 'config',
  narrowed: true,
  params: Named,
  reply: Done,
  fails: ['server_unknown', 'config_absent', 'config_locked'],
})

/** What can be done to a server that stays. */
export const serverActions = ['enable', 'disable', 'refresh', 'restart'] as const
export type ServerAction = (typeof serverActions)[number]

const summaries: Readonly<Record<ServerAction, string>> = {
  enable: 'Switch a server on',
  disable: 'Stop a server and switch it off',
  refresh: 'Ask a server anew what it offers',
  restart: 'End a server and start it again',
}

export const actOnServer = {
  enable: actionRoute('enable'),
  disable: actionRoute('disable'),
  refresh: actionRoute('refresh'),
  restart: actionRoute('restart'),
}

function actionRoute(action: ServerAction) {
  return route({
    id: `${action}_server`,
    method: 'post',
    path: `/servers/{name}/${action}`,
    tag,
    summary: summaries[action],
    scope: 'config',
    narrowed: true,
    params: Named,
    reply: ServerStatus,
    fails: [
      'server_unknown',
      'config_absent',
      'config_locked',
      'server_unreachable',
      'auth_unavailable',
      'auth_refused',
    ],
  })
}

const Chosen = z
  .union([
    z.strictObject({ names: z.array(z.string().min(1).max(200)).min(1).max(1000) }),
    z.strictObject({ all: z.literal(true) }),
  ])
  .meta({ id: 'ChosenServers', description: 'Some servers by name, or all there are.' })

const BulkResult = z
  .object({
    servers: z.array(
      z.object({
        name: z.string(),
        ok: z.boolean(),
        state: ServerState.exactOptional(),
        error: z
          .object({ code: z.string(), message: z.string(), remedy: z.string() })
          .exactOptional()
          .describe('Why it could not be done.'),
      }),
    ),
  })
  .meta({
    id: 'BulkResult',
    description: 'What became of each server; one does not hold up others.',
  })

export const actOnServers = {
  enable: bulkRoute('enable'),
  disable: bulkRoute('disable'),
  refresh: bulkRoute('refresh'),
}

function bulkRoute(action: Exclude<ServerAction, 'restart'>) {
  return route({
    id: `${action}_servers`,
    method: 'post',
    path: `/servers/${action}`,
    tag,
    summary: summaries[action].replace('a server', 'several servers'),
    scope: 'config',
    narrowed: true,
    body: Chosen,
    reply: BulkResult,
  })
}
