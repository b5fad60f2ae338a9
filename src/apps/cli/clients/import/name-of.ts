import { ServerName } from '../../../../contract/config/schema.ts'

/** A name that the configuration takes, as near as possible to the one given. */
export function validName(name: string): string | undefined {
  if (ServerName.safeParse(name).success) return name
  const made = name
    .trim()
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .replace(/-+$/, '')
    .slice(0, 64)
  return ServerName.safeParse(made).success ? made : undefined
}

/** What a server without a name is called: after its package, its program or its host. */
export function nameFrom(entry: Readonly<Record<string, unknown>>): string {
  const { url, command, args } = entry
  if (typeof url === 'string') return validName(hostName(url)) ?? 'server'
  const given = Array.isArray(args) ? args.filter((word) => typeof word === 'string') : []
  const program = typeof command === 'string' ? programName(command) : ''
  const named = runners.has(program) ? packageWord(program, given) : undefined
  return validName(shortName(named ?? program)) ?? 'server'
}

const runners = words('npx bunx pnpx pnpm uvx uv pipx docker podman node deno bun python python3')
const valued = words(
  '-p --package -e --env -v --volume --name --mount --from --with --directory --python --network -m',
)
const verbs = words('run exec dlx tool x')

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '))
}

/** The first word that is neither a flag nor the value of one. */
function packageWord(program: string, given: readonly string[]): string | undefined {
  const module = given.indexOf('-m')
  if (program.startsWith('python') && module !== -1) return given[module + 1]
  const named = given.findIndex((word) => word === '--from' || word === '--package')
  if (named !== -1) return given[named + 1]
  return given.find(
    (word, index) =>
      !word.startsWith('-') && !verbs.has(word) && !valued.has(given[index - 1] ?? ''),
  )
}

function programName(command: string): string {
  const [last = ''] = command.split(/[/\\]/).slice(-1)
  return last.replace(/\.(?:exe|cmd|bat|sh|py|m?js|ts)$/i, '')
}

/** `@modelcontextprotocol/server-github@1.2` and `ghcr.io/github/github-mcp-server` are both "github". */
function shortName(word: string): string {
  const last = programName(word.replace(/(.)[@:=][^/]*$/, '$1'))
  const short = last
    .replace(/^(?:mcp-server-|server-|mcp-)/, '')
    .replace(/-(?:mcp-server|mcp|server)$/, '')
  return short === '' || short === 'mcp' || short === 'server' ? last : short
}

function hostName(url: string): string {
  const host = URL.parse(url)?.hostname ?? ''
  const labels = host.split('.').filter((label) => !['mcp', 'www', 'api'].includes(label))
  return /^[\d.:[\]]+$/.test(host) ? 'server' : (labels[0] ?? 'server')
}
