import type { Access } from './access.ts'

/** Who sent a request. */
export interface Visitor {
  readonly access: Access
  /** The id of the key that was shown; undefined when none was. */
  readonly key: string | undefined
}

/** How a request says who sent it. */
export interface Credentials {
  /** The header `Authorization`. */
  readonly authorization: string | undefined
  /** Where the connection comes from. */
  readonly address: string | undefined
}

/**
 * Finds out who it is; undefined for somebody who did not say. Throws `key_invalid` when what was said is not true:
 * that is never taken for nothing said.
 */
export type Authenticate = (credentials: Credentials) => Visitor | undefined
