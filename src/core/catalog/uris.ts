const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s
const wrapped = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/gantry~([A-Za-z0-9_.-]+)\/(.*)$/s

/**
 * Puts the server's name into a URI, so that it says whose it is: `ui://a/b` of `maps` becomes
 * `ui://gantry~maps///a/b`. The scheme stays, and a URI template stays one.
 */
export function wrapUri(uri: string, server: string): string {
  const match = scheme.exec(uri)
  return match ? `${match[1]}://gantry~${server}/${match[2]}` : uri
}

/** The server and its own spelling, when the URI is one of ours. */
export function unwrapUri(
  uri: string,
): { readonly server: string; readonly uri: string } | undefined {
  const match = wrapped.exec(uri)
  const [, name, server, rest] = match ?? []
  return name !== undefined && server !== undefined && rest !== undefined
    ? { server, uri: `${name}:${rest}` }
    : undefined
}

/** Whether a URI could have been made from an RFC 6570 template: literals match, expressions match anything. */
export function matchesTemplate(template: string, uri: string): boolean {
  const literals = template.split(/\{[^{}]*\}/)
  const [first = '', ...rest] = literals
  const last = rest.pop()
  if (last === undefined) return uri === first
  if (!uri.startsWith(first)) return false
  let at = first.length
  for (const literal of rest) {
    const found = uri.indexOf(literal, at)
    if (found === -1) return false
    at = found + literal.length
  }
  return uri.length - last.length >= at && uri.endsWith(last)
}
