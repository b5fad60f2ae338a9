import type { ByteText } from '../../wire/bytes.ts'

/** What a request shows so that a server knows us; another token is another pass. */
export interface Pass {
  /** The value of the header `Authorization`. */
  readonly authorization: string
  /** The same as a line of its own, with its end. */
  readonly headerLine: ByteText
}

/** How we sign in to one server with tokens that end and are replaced. */
export interface Credentials {
  /** The pass in force; undefined where one has to be waited for. */
  current(): Pass | undefined
  /** One in force that is not `worn`, after a bounded time; rejects with `auth_unavailable` or `auth_refused`. */
  obtain(worn?: Pass): Promise<Pass>
  /** The server refused this one: whether another is worth the attempt. `isAgain`: it came after another refusal. */
  refused(pass: Pass, isAgain: boolean): boolean
  /** Gets another pass, although there may be one in force. */
  renew(): Promise<void>
  /** Something may have been put right: what was given up is tried once more. */
  retry(): void
  readonly state: SignInState
}

/** How the sign-in is: `idle` where nothing was asked for yet, `renewing` also while it is tried again and again. */
export interface SignInState {
  readonly state: 'idle' | 'ok' | 'renewing' | 'refused' | 'unavailable'
  /** How long the pass is still good for. */
  readonly expiresInMs: number | undefined
}

/** What a token endpoint said. */
export type TokenAnswer =
  | {
      readonly kind: 'granted'
      readonly token: string
      /** Undefined where it said nothing that can be used. */
      readonly lifetimeMs: number | undefined
    }
  /** Asking again would change nothing. */
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'failed'
      readonly reason: string
      readonly retryAfterMs?: number | undefined
    }
