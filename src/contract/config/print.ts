import { z } from 'zod'

import { withoutDefault } from './check.ts'
import { ConfigFile } from './schema.ts'
import { Profile, Rule } from './schema-access.ts'
import { OAuth } from './schema-auth.ts'
import { Chat, ChatProvider } from './schema-chat.ts'
import { OpenApiServer } from './schema-openapi.ts'
import { EventRule } from './schema-llm-events.ts'
import { LlmProgramEntry } from './schema-llm.ts'
import { HttpServer, StdioServer, ToolRules } from './schema-server.ts'

/** The JSON Schema of `gantry.json`, shipped as `gantry.schema.json` so that editors complete it. */
export function printConfigSchema(): string {
  const schema = z.toJSONSchema(ConfigFile, {
    io: 'input',
    // `.readonly()` is about our objects in memory, not about the file.
    override: ({ jsonSchema }) => {
      delete jsonSchema.readOnly
    },
  })
  const document = {
    ...schema,
    title: 'Gantry configuration',
    allowComments: true,
    allowTrailingCommas: true,
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** The reference page of the configuration, in Markdown. */
export function printConfigReference(): string {
  const parts = Object.entries(ConfigFile.shape).filter(([, schema]) => hasParts(schema))
  const { command, url, openapi, all } = serverShapes()
  return `${[
    '# Configuration',
    intro,
    '## Top level',
    table(ConfigFile.shape),
    ...parts.flatMap(([key, schema]) => section(key, schema)),
    '## `access.rules`, each of them',
    table(Rule.unwrap().shape),
    '## `profiles.NAME`',
    table(Profile.unwrap().shape),
    '## `llm.programs.NAME`',
    table(LlmProgramEntry.shape),
    '## `llm.programs.NAME.events.jsonl`, each of them',
    table(EventRule.shape),
    '## `chat.providers.NAME`',
    table(ChatProvider.unwrap().shape),
    ...section('chat.budgets', Chat.unwrap().shape.budgets),
    '## `servers.NAME` with `command`',
    'A program on this machine, spoken to over its standard input and output.',
    table(command),
    '## `servers.NAME` with `url`',
    'A server reached over Streamable HTTP.',
    table(url),
    '## `servers.NAME` with `openapi`',
    'A service that an OpenAPI document describes; see the [guide](../guide/openapi-services.md).',
    table(openapi),
    '## `servers.NAME`, every kind',
    table(all),
    '## `servers.NAME.auth` with `"type": "oauth"`',
    'OAuth 2.0 client credentials: the gateway gets tokens, and new ones in time, by itself; see the [guide](../guide/add-servers.md#sign-in-to-a-server).',
    table(OAuth.shape),
    ...section('servers.NAME.breaker', StdioServer.shape.breaker),
    ...section('servers.NAME.limits', StdioServer.shape.limits),
    '## `servers.NAME.tools.TOOL`',
    sentence(StdioServer.shape.tools),
    table(ToolRules.shape),
    outro,
  ].join('\n\n')}\n`
}

function section(key: string, schema: z.core.$ZodType): readonly string[] {
  return [`## \`${key}\``, sentence(schema), table(shapeOf(schema))]
}

function hasParts(schema: z.core.$ZodType): boolean {
  return Object.keys(shapeOf(schema)).length > 0
}

/** What each kind of server alone has, and what all have. */
function serverShapes() {
  const stdio: Shape = StdioServer.shape
  const http: Shape = HttpServer.shape
  const service: Shape = OpenApiServer.shape
  const without = (shape: Shape, other: Shape): Shape =>
    Object.fromEntries(Object.entries(shape).filter(([key, schema]) => other[key] !== schema))
  const command = without(stdio, http)
  return {
    command,
    url: without(http, stdio),
    openapi: without(service, stdio),
    all: without(stdio, command),
  }
}

const intro = `Gantry reads one file, \`gantry.json\`: JSON that may have comments and trailing commas. It is the
first of these that exists: the file after \`--config\`, the file in \`$GANTRY_CONFIG\`, \`./gantry.json\`,
\`~/.config/gantry/gantry.json\`. With none of them Gantry runs with one example server.

An unknown key is an error, and so is every value that is not valid: the message says file, line and column.`

const outro = `## Values from elsewhere

In every string value of the file:

| written | becomes |
| --- | --- |
| \`\${env:NAME}\`, \`\${NAME}\` | the environment variable; an error when it is not set |
| \`\${NAME:-default}\` | the environment variable, or the default when it is not set or empty |
| \`\${file:PATH}\` | the content of a file without the line break at its end; a relative path counts from the folder of the configuration file |
| \`$\${\` | a literal \`\${\` |

What comes in is not expanded again.

## Other shapes

These are read as they are and mean the same:

| written | read as |
| --- | --- |
| \`mcpServers\` | \`servers\` |
| \`type\`: \`stdio\`, \`local\`, \`http\`, \`streamable-http\` | \`transport\` |
| \`serverUrl\`, \`httpUrl\` | \`url\` |
| \`disabled\` | the opposite of \`enabled\` |
| \`timeout\` (seconds, below 1000) | \`timeoutMs\` |
| \`headers\`: \`[{ "key": "X-Team", "value": "a" }]\` | \`headers\`: \`{ "X-Team": "a" }\` |
| \`oauth2_token_url\`, \`oauth2_client_id\`, \`oauth2_client_secret\`, \`oauth2_scopes\` | \`auth\` with \`"type": "oauth"\` |
| numbers and booleans in \`args\` and \`env\` | their text |

Keys that other programs keep in such entries (\`autoApprove\`, \`description\` and the like) are left out with a
warning. Keys whose meaning Gantry does not have yet (\`oauth\` for signing in with a browser, the transports \`sse\` and
\`ws\`) are an error.`

type Shape = Readonly<Record<string, z.core.$ZodType>>

function shapeOf(schema: z.core.$ZodType): Shape {
  const object = withoutDefault(schema)
  if (object instanceof z.ZodUnion) return Object.assign({}, ...object.options.map(shapeOf))
  return object instanceof z.ZodObject ? object.shape : {}
}

function table(shape: Shape): string {
  const rows = Object.entries(shape).map(
    ([key, schema]) =>
      `| \`${key}\` | ${cell(typeName(schema))} | ${cell(standardOf(schema))} | ${cell(sentence(schema))} |`,
  )
  return ['| key | value | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function sentence(schema: z.core.$ZodType): string {
  return z.globalRegistry.get(schema)?.description ?? ''
}

function standardOf(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodDefault) return `\`${JSON.stringify(schema.def.defaultValue)}\``
  if (schema instanceof z.ZodPrefault) return 'see below'
  return schema instanceof z.ZodExactOptional ? '' : 'required'
}

function typeName(schema: z.core.$ZodType): string {
  const inner = withoutDefault(schema)
  if (inner instanceof z.ZodNumber) return numberName(inner)
  if (inner instanceof z.ZodEnum) return inner.options.map(quoted).join(' or ')
  if (inner instanceof z.ZodLiteral) return [...inner.values].map(quoted).join(' or ')
  if (inner instanceof z.ZodUnion) return [...new Set(inner.options.map(typeName))].join(' or ')
  if (inner instanceof z.ZodArray) return `list of ${typeName(inner.element)}s`
  if (inner instanceof z.ZodRecord) return `object of ${recordContent(inner.valueType)}`
  if (inner instanceof z.ZodBoolean) return 'true or false'
  return inner instanceof z.ZodObject ? 'object' : 'string'
}

function numberName({ minValue, maxValue, isInt }: z.ZodNumber): string {
  return `${isInt ? 'whole number' : 'number'}, ${minValue} to ${maxValue}`
}

function recordContent(value: z.core.$ZodType): string {
  if (value instanceof z.ZodUnknown) return 'any values'
  if (value instanceof z.ZodUnion) return hasParts(value) ? 'servers' : 'values'
  return value instanceof z.ZodEnum ? typeName(value) : `${typeName(value)}s`
}

function quoted(value: unknown): string {
  return `\`${JSON.stringify(value)}\``
}
