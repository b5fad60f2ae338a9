import type { ServerStatus } from '../../contract/status.ts'

/** How the chat reaches a gateway: over HTTP, or one in this process. */
export interface ChatLink {
  /**
   * One MCP request of the modern era; `paramsJson` is the text of its params without `_meta`. Rejects with an
   * error that has the failure's code and remedy in `data`, where the gateway told them.
   */
  request(method: string, paramsJson: string, options: ChatRequest): Promise<unknown>
  servers(): Promise<readonly ServerStatus[]>
  /** Which server each tool is of, by the name it is shown under. */
  owners(signal: AbortSignal): Promise<ReadonlyMap<string, ToolOwner>>
  /** What was allowed ahead of calls. */
  grants(): Promise<readonly GrantShown[]>
  revoke(grant: string): Promise<void>
}

/** Something that was allowed for longer than one call. */
export interface GrantShown {
  readonly id: string
  readonly server: string
  readonly tool: string
  readonly scope: string
}

export interface ToolOwner {
  readonly server: string
  /** As its server names it. */
  readonly tool: string
}

export interface ChatRequest {
  readonly signal: AbortSignal
  readonly onNotification?: (method: string, params: unknown) => void
  /** Further members of `_meta`. */
  readonly meta?: Readonly<Record<string, unknown>>
  /** Whether questions of the gateway and of servers are answered. */
  readonly answersQuestions?: boolean
  /** Of the tool that is called. */
  readonly inputSchema?: Readonly<Record<string, unknown>>
}
