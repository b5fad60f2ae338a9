import type { ScopeName } from '../core/access/access.ts'
import { scopeNames } from '../core/access/access.ts'
import type { ToolPattern } from '../core/access/tool-pattern.ts'
import { parseToolPattern } from '../core/access/tool-pattern.ts'
import { matchesGlob } from '../kit/glob.ts'

/** One scope, for everything or for some servers or tools: `call`, `call:files`, `call:files/read_*`. */
export interface Grant {
  readonly scope: ScopeName
  readonly server: string
  /** Undefined for all that a server has, its prompts and resources too. */
  readonly tool: string | undefined
}

export const allGrants: readonly Grant[] = scopeNames.map((scope) => ({
  scope,
  server: '*',
  tool: undefined,
}))

/** What was written, or what is wrong with it. */
export function parseGrant(text: string): Grant | string {
  const colon = text.indexOf(':')
  const name = colon === -1 ? text : text.slice(0, colon)
  const scope = scopeNames.find((one) => one === name)
  if (scope === undefined) return `"${name}" is no scope: use one of ${scopeNames.join(', ')}`
  if (colon === -1) return { scope, server: '*', tool: undefined }
  const rest = text.slice(colon + 1)
  if (!/^[^\s/]{1,200}(?:\/\S{1,200})?$/.test(rest))
    return `"${text}" has no server after the colon: write ${scope}:SERVER or ${scope}:SERVER/TOOL`
  if (scope === 'keys') return '"keys" is for all keys: write it without a colon'
  if (!rest.includes('/')) return { scope, server: rest, tool: undefined }
  if (scope !== 'read' && scope !== 'call')
    return `"${scope}" is for whole servers: write ${scope}:SERVER`
  return { scope, ...parseToolPattern(rest) }
}

export function printGrant({ scope, server, tool }: Grant): string {
  if (tool !== undefined) return `${scope}:${server}/${tool}`
  return server === '*' ? scope : `${scope}:${server}`
}

export function coversServer(grant: Grant, server: string): boolean {
  return matchesGlob(grant.server, server)
}

export function coversTool(
  grant: Grant,
  { server, name }: { readonly server: string; readonly name: string },
): boolean {
  const pattern: ToolPattern = { server: grant.server, tool: grant.tool ?? '*' }
  return matchesGlob(pattern.server, server) && matchesGlob(pattern.tool, name)
}

/** For all servers, whatever they are called. */
export function isWhole({ server, tool }: Grant): boolean {
  return server === '*' && tool === undefined
}

/** Whether somebody who holds these holds this one, too; what is not plainly so is not. */
export function isCovered(grant: Grant, held: readonly Grant[]): boolean {
  return held.some(
    (one) => one.scope === grant.scope && (isWhole(one) || printGrant(one) === printGrant(grant)),
  )
}
