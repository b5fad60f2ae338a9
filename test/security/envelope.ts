const reserved = 'io.modelcontextprotocol/'

/** What every request of the newer era says of itself, as its `_meta`. */
export const envelope = {
  [`${reserved}protocolVersion`]: '2026-07-28',
  [`${reserved}clientCapabilities`]: {},
}
