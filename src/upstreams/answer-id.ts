/** The id of an answer that cannot be read as a whole, when it shows in its first bytes. */
export function idIn(head: Buffer): number | undefined {
  const match = /^\s*\{(?:\s*"jsonrpc"\s*:\s*"2\.0"\s*,)?\s*"id"\s*:\s*(\d{1,15})\s*[,}]/.exec(
    head.toString('latin1', 0, headBytes),
  )
  return match?.[1] === undefined ? undefined : Number(match[1])
}

const headBytes = 256
