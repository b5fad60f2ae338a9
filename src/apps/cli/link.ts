import type { Grant } from '../../contract/rest/approvals.ts'
import type { ServerStatus } from '../../contract/status.ts'
import type { LocalGateway } from '../gateway/local.ts'

/** How the command line reaches a gateway: over HTTP, or one opened in this process. */
export interface GatewayLink extends AsyncDisposable {
  /**
   * One MCP request of the modern era. `paramsJson` is the raw JSON text of params without `_meta`,
   * which the link adds, with a progress token where `onNotification` is given. Resolves with the
   * parsed result (`parseExact`), rejects with GatewayError or RpcError.
   */
  request(method: string, paramsJson: string, options?: RequestOptions): Promise<unknown>
  servers(): Promise<readonly ServerStatus[]>
  /** Whose each tool is, by the name it is shown under. */
  owners(signal: AbortSignal): Promise<ReadonlyMap<string, ToolOwner>>
  /** What was allowed ahead of calls. */
  grants(): Promise<readonly GrantShown[]>
  revoke(grant: string): Promise<void>
  /** LLM programs that can be asked as models from here. */
  programs(): ReturnType<LocalGateway['programs']>
  /** What a server printed last, oldest line first. */
  logs(name: string, lines: number): Promise<readonly string[]>
}

export type GrantShown = Pick<Grant, 'id' | 'scope' | 'server' | 'tool'>

export interface ToolOwner {
  readonly server: string
  /** As its server names it. */
  readonly tool: string
}

export interface RequestOptions {
  readonly signal?: AbortSignal
  readonly onNotification?: (method: string, params: unknown) => void
  /** Tool arguments that over HTTP must also travel as headers, by header name. */
  readonly mirrored?: ReadonlyMap<string, string>
  /** Further members of `_meta`. */
  readonly meta?: Readonly<Record<string, unknown>>
  /** Whether a result may be a question (`input_required`), which the caller of this answers. */
  readonly answersQuestions?: boolean
}

/** An error a gateway or a server answered with. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: number
  readonly data: unknown

  constructor(code: number, message: string, data?: unknown) {
    super(message)
    this.code = code
    this.data = data
  }
}
