/** One row of the table of failures: what is said, and what is to be done. */
export interface FailureRow<Data> {
  status: number
  /** MCP 2026-07-28 closes -32000 to -32099 to us; clients tell failures apart by `data.code`. */
  rpc: -32600 | -32601 | -32602 | -32603 | -32700
  retryable: boolean
  message(data: Data): string
  /** What the reader should do next: a command, a setting, or a wait. */
  remedy(data: Data): string
}

export function failure<Data>(row: FailureRow<Data>): FailureRow<Data> {
  return row
}
