import { readServer } from '../../../contract/config/read.ts'
import { GatewayError } from '../../../contract/gateway-error.ts'
import { isRecord } from '../../../kit/is-record.ts'
import { splitWords } from '../../../kit/split-words.ts'
import { chatAtTerminal } from '../../chat/interactive.ts'
import type { ChatLink } from '../../chat/link.ts'
import { sayOnce } from '../../chat/one-shot.ts'
import type { ChatOptions } from '../../chat/options.ts'
import type { OwnModels } from '../../chat/own-models.ts'
import { openOwnModels } from '../../chat/own-models.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { loadConfig } from '../../config/load.ts'
import { stateFolder } from '../../gateway/state-folder.ts'
import { nameFrom } from '../clients/import/name-of.ts'
import type { GatewayLink } from '../link.ts'
import { mirroredHeaders } from '../link/mirrored.ts'
import { findGateway, linkTo, loadFor } from '../link/open.ts'
import type { Found } from '../link/open.ts'
import { plainLine } from '../print/plain.ts'
import { saveFile } from '../print/save.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

export interface Chatting {
  /** The command of one server, and its arguments. */
  readonly command: readonly string[]
  readonly model?: string
  readonly models?: boolean
  /** What is said; `true` or `-` for standard input. */
  readonly print?: string | true
  readonly allow?: readonly string[]
  readonly resume?: string | true
}

/** Talks with a model that uses the tools, at the terminal or for one answer. */
export async function chat(context: Context, asked: Chatting): Promise<ExitCode> {
  const { shell, options } = context
  const { found, settings, server } = await placeFor(context, asked)
  const wantsList = asked.models ?? false
  const prompt = wantsList ? undefined : await promptFrom(context, asked)
  if (!wantsList) checkModel(context, settings, asked)
  const isAtTerminal = !wantsList && prompt === undefined
  const signal = shell.interrupted()
  await using link = await linkTo(context, isAtTerminal ? quiet(found) : found, { server })
  await using own = openOwnModels({
    chat: settings.config.chat,
    environment: shell.env,
    programs: await link.programs(),
  })
  if (wantsList) return await printModels(context, own.models)
  const chatting: ChatOptions = {
    link: chatLink(link),
    models: own.models,
    model: asked.model,
    settings: settings.config.chat,
    allow: asked.allow ?? [],
    resume: asked.resume,
    save: (bytes, named) => saveFile(bytes, { ...named, folder: shell.cwd }),
    folder: stateFolder('chat'),
    cwd: shell.cwd,
    hasColor: options.color && shell.stdout.isTerminal,
    signal,
  }
  if (prompt !== undefined) return await say(context, chatting, prompt)
  await chatAtTerminal(chatting)
  // Somebody else ended it.
  signal.throwIfAborted()
  return exitCodes.done
}

/** Without a model there is nothing to start anything for. */
function checkModel({ shell }: Context, { config }: LoadedConfig, asked: Chatting): void {
  const isKnownLater = asked.resume !== undefined || asked.model?.startsWith('cli/')
  if (isKnownLater) return
  const { models } = openOwnModels({ chat: config.chat, environment: shell.env })
  models.choose(asked.model)
}

/** What a gateway of our own says of itself would stand in the middle of the chat. */
function quiet(found: Found): Found {
  if ('base' in found) return found
  const { config } = found.loaded
  const log = { ...config.log, level: 'silent' as const }
  return { loaded: { ...found.loaded, config: { ...config, log } } }
}

async function say(context: Context, chatting: ChatOptions, prompt: string): Promise<ExitCode> {
  const { stdout, stderr } = context.shell
  const end = await sayOnce(chatting, {
    prompt,
    isJson: context.options.json ?? false,
    output: { ...stdout, note: (text) => stderr.write(text) },
  })
  return exitCodes[end]
}

/** What is said at once; undefined for a chat at the terminal. */
async function promptFrom(
  { shell, options }: Context,
  asked: Chatting,
): Promise<string | undefined> {
  const { print } = asked
  if (typeof print === 'string' && print !== '-') return print
  const isPiped = !process.stdin.isTTY
  if (print === undefined && !isPiped && !options.json) {
    if (shell.stdout.isTerminal) return undefined
    throw usage('A chat needs a terminal', 'Say one thing with `gantry chat -p TEXT`.')
  }
  if (!isPiped) throw usage('There is nothing to say', 'Write it behind -p, or pipe it in.')
  const text = (await shell.readStdin()).trim()
  if (text === '') throw usage('There is nothing to say', 'Write it behind -p, or pipe it in.')
  return text
}

/** Where the tools are, and the settings of the chat. */
interface Place {
  readonly found: Found
  readonly settings: LoadedConfig
  /** The one server that is shown. */
  readonly server?: string | undefined
}

async function placeFor(context: Context, { command }: Chatting): Promise<Place> {
  const { shell, options } = context
  if (command.length > 0 && options.url !== undefined) {
    throw usage('Both --url and a command are given', 'Give one of them.')
  }
  const words = command.length > 0 ? command : wordsIn(context)
  if (words.length > 0) return withServer(context, words)
  const found = await findGateway(context)
  // The settings of a gateway elsewhere are its own; the model is asked from here.
  return { found, settings: found.loaded ?? (await loadConfig(undefined, shell)) }
}

/** The command in the environment, where nothing else says what to connect to. */
function wordsIn({ shell, options }: Context): readonly string[] {
  const { env } = shell
  const named = [options.url, options.config, env['GANTRY_URL'], env['GANTRY_CONFIG']]
  return named.some(Boolean) ? [] : splitWords(env['MCP_SERVER_CMD'] ?? '')
}

/** The configuration that is named, or the embedded one, with this server alone. */
async function withServer(context: Context, words: readonly string[]): Promise<Place> {
  const { shell, options } = context
  const [command = '', ...args] = words
  const isNamed = options.config !== undefined
  const loaded = isNamed ? await loadFor(context) : await loadConfig(undefined, shell)
  const server = readServer(nameFrom({ command, args }), { command, args })
  const settings = { ...loaded, config: { ...loaded.config, servers: [server] } }
  return { found: { loaded: settings }, settings, server: server.name }
}

async function printModels(
  { shell, options }: Context,
  models: OwnModels['models'],
): Promise<ExitCode> {
  const all = await models.list(shell.interrupted())
  if (options.json) shell.stdout.write(`${JSON.stringify(all, null, 2)}\n`)
  else shell.stdout.write(all.map(({ id }) => `${plainLine(id)}\n`).join(''))
  return exitCodes.done
}

/** The link as the chat knows it: with what a tool's schema wants in headers. */
function chatLink(link: GatewayLink): ChatLink {
  return {
    request(method, paramsJson, { inputSchema, ...rest }) {
      if (!inputSchema) return link.request(method, paramsJson, rest)
      const params: unknown = JSON.parse(paramsJson)
      const args = isRecord(params) ? JSON.stringify(params['arguments']) : '{}'
      return link.request(method, paramsJson, {
        ...rest,
        mirrored: mirroredHeaders(inputSchema, args),
      })
    },
    servers: () => link.servers(),
    owners: (signal) => link.owners(signal),
    grants: () => link.grants(),
    revoke: (grant) => link.revoke(grant),
  }
}

function usage(problem: string, remedy: string): GatewayError {
  return new GatewayError('usage_invalid', { problem, remedy })
}
