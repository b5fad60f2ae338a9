import type { ServerStatus } from '../../contract/status.ts'

/** How the command line reaches a gateway: over HTTP, or one opened in this process. */
export interface GatewayLink extends AsyncDisposable {
  /**
   * One MCP request of the modern era. `paramsJson` is the raw JSON text of params without `_meta`,
   * which the link adds, with a progress token where `onNotification` is given. Resolves with the
   * parsed result (`parseExact`), rejects with GatewayError or RpcError.
   */
  request(method: string, paramsJson: string, options?: RequestOptions): Promise<unknown>
  servers(): Promise<readonly ServerStatus[]>
  /** What a server printed last, oldest line first. */
  logs(name: string, lines: number): Promise<readonly string[]>
}

export interface RequestOptions {
  readonly signal?: AbortSignal
  readonly onNotification?: (method: string, params: unknown) => void
  /** Tool arguments that over HTTP must also travel as headers, by header name. */
  readonly mirrored?: ReadonlyMap<string, string>
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
