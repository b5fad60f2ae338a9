import type { ByteText } from '../../wire/bytes.ts'
import type { Message } from '../../wire/message.ts'
import type { Call, Done } from '../call/call.ts'
import type { Era, LogLevel } from '../call/era.ts'

export type ListKind = 'tools' | 'prompts' | 'resources' | 'templates'
export const listKinds: readonly ListKind[] = ['tools', 'prompts', 'resources', 'templates']

/** What a server said of itself when it was opened. */
export interface Greeting {
  readonly era: Era
  readonly protocolVersion: string
  readonly capabilities: ServerCapabilities
  readonly serverInfo: ByteText
  readonly instructions: string | undefined
}

export interface ServerCapabilities {
  readonly tools?: { readonly listChanged?: boolean } | undefined
  readonly prompts?: { readonly listChanged?: boolean } | undefined
  readonly resources?: { readonly listChanged?: boolean; readonly subscribe?: boolean } | undefined
  readonly completions?: object | undefined
  readonly logging?: object | undefined
  readonly extensions?: Readonly<Record<string, unknown>> | undefined
  readonly experimental?: Readonly<Record<string, unknown>> | undefined
}

/** An open connection to a server, however it is reached. */
export interface Upstream extends AsyncDisposable {
  readonly greeting: Greeting
  readonly pid: number | undefined
  /** Requests it has not answered yet. */
  readonly pending: number
  /** Sends the call; `done` is told when the server has answered or cannot any more. */
  send(call: Call, done: Done): void
  /** A request of the gateway's own; resolves with the answer, rejects with `GatewayError`. */
  request(method: string, params: ByteText, timeoutMs: number): Promise<Message>
  /** Asks for changes of these resources, in the server's spelling, and of no others; resolves once it will tell. */
  watch(uris: readonly string[]): Promise<unknown> | undefined
  /** Asks for log messages of at least this severity, where that is a setting of the connection. */
  setLogLevel(level: LogLevel): void
  /** What makes it useless although it still runs; asked about once a second. */
  readonly ailment?: () => string | undefined
  /** Settles once with the reason, when the connection is gone, whoever ended it. */
  readonly closed: Promise<string>
}

/** What a connection reports by itself. */
export interface UpstreamEvents {
  listChanged(kind: ListKind): void
  resourceUpdated(uri: string): void
  /** Asks for the tools anew; the header lines that mirror these arguments of one as it is listed then. */
  relist(tool: string, args: Buffer | undefined): Promise<ByteText>
  /** Changes may have gone unseen while the connection was away. */
  missed(): void
  /** A log message that belongs to no known call. */
  logged(notification: Message): void
  /** What is wrong with the connection at the moment; undefined when all is well. */
  health(problem: string | undefined): void
  /** Something came that could not be read, or that answers nothing anybody waits for. */
  noise(kind: Noise): void
}

export type Noise = 'unreadable' | 'late' | 'forged'

export type ConnectUpstream = (events: UpstreamEvents, signal: AbortSignal) => Promise<Upstream>
