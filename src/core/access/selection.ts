import type { Entry } from '../catalog/listing.ts'

/** Which part of everything is shown. What is not shown must look like what does not exist. */
export interface Selection {
  /** Whether anything of this server may be known to exist. */
  seesServer(server: string): boolean
  /** Whether the prompts, resources and instructions of this server are shown. */
  reads(server: string): boolean
  seesTool(tool: Entry): boolean
}

/** What both show. */
export function inBoth(one: Selection, other: Selection): Selection {
  return {
    seesServer: (server) => one.seesServer(server) && other.seesServer(server),
    reads: (server) => one.reads(server) && other.reads(server),
    seesTool: (tool) => one.seesTool(tool) && other.seesTool(tool),
  }
}

export const nothing: Selection = {
  seesServer: () => false,
  reads: () => false,
  seesTool: () => false,
}
