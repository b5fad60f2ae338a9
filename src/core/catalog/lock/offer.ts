import { pinnedMembers } from '../canonical-tool.ts'

/** What of a server's lists is locked: what comes and goes all day, its resources, is not. */
export const lockedKinds = ['tools', 'prompts', 'templates'] as const
export type LockedKind = (typeof lockedKinds)[number]

/** Which members of an entry are locked; the rest is between programs. */
export const lockedMembers: Readonly<Record<LockedKind, readonly string[]>> = {
  tools: pinnedMembers,
  prompts: ['name', 'title', 'description', 'arguments'],
  templates: ['uriTemplate', 'name', 'title', 'description', 'mimeType', 'annotations'],
}

/** What it is called by in its own definition. */
export const nameMembers: Readonly<Record<LockedKind, string>> = {
  tools: 'name',
  prompts: 'name',
  templates: 'uriTemplate',
}

/** What a server offers, or offered when it was found good. */
export interface Offer {
  /** What is run or reached. */
  readonly source: string
  /** What it says it is. */
  readonly reported: Reported
  readonly instructions: string | undefined
  /** By name, each as a JSON object with the locked members. */
  readonly entries: Readonly<Record<LockedKind, ReadonlyMap<string, Buffer>>>
}

export interface Reported {
  readonly name: string
  readonly version: string
}
