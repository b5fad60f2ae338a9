import { matchesGlob } from '../../kit/glob.ts'

/** `SERVER/TOOL` or `TOOL`, with `*` for any characters: servers and tools are told apart, never joined to one name. */
export interface ToolPattern {
  readonly server: string
  readonly tool: string
}

export function parseToolPattern(text: string): ToolPattern {
  const slash = text.indexOf('/')
  return slash === -1
    ? { server: '*', tool: text }
    : { server: text.slice(0, slash), tool: text.slice(slash + 1) }
}

export function matchesTool(
  pattern: ToolPattern,
  { server, name }: { readonly server: string; readonly name: string },
): boolean {
  return matchesGlob(pattern.server, server) && matchesGlob(pattern.tool, name)
}

export function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => matchesGlob(pattern, text))
}
