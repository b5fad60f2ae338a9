import { GatewayError } from '../../contract/gateway-error.ts'
import { parseExact } from '../../kit/exact-json.ts'
import { isRecord } from '../../kit/is-record.ts'
import type { ByteText } from '../../wire/bytes.ts'
import { toJson } from '../../wire/bytes.ts'
import { Member } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import type { Caller } from '../call/call.ts'

/** Encrypts and authenticates; opening anything altered or foreign gives undefined. */
export interface Seal {
  seal(text: string): string
  open(sealed: string): string | undefined
  digest(text: string): string
}

export interface OpenState {
  /** The server's own state, as JSON. */
  readonly inner: ByteText
  /** How often the server has asked for more in this call. */
  readonly round: number
  /** The gateway asked, and not the server. */
  readonly isOurs?: boolean | undefined
}

interface Claims extends OpenState {
  readonly server: string
  readonly principal: string
  readonly method: string
  readonly target: string
  readonly arguments: string
  readonly expiresAt: number
}

export interface StateScope {
  readonly server: string
  readonly caller: Pick<Caller, 'principal'>
  readonly method: string
  readonly message: Message
}

/** What must be the same when a state comes back. */
const boundTo = ['server', 'principal', 'method', 'target', 'arguments'] as const

const lifeMs = 10 * 60_000

/** Carries a server's request state through the client, bound to who may bring it back and for what. */
export function createRequestStates(seal: Seal, now: () => number) {
  function bound({
    server,
    caller,
    method,
    message,
  }: StateScope): Omit<Claims, 'expiresAt' | keyof OpenState> {
    return {
      server,
      principal: caller.principal,
      method,
      target: message.text(Member.name) ?? message.text(Member.uri) ?? '',
      arguments: seal.digest(canonical(message.slice(Member.arguments)?.toString() ?? '{}')),
    }
  }

  return {
    /** The state as the client should see it, as JSON. */
    wrap({ inner, round, isOurs }: OpenState, scope: StateScope): ByteText {
      const claims: Claims = { ...bound(scope), expiresAt: now() + lifeMs, round, isOurs, inner }
      return toJson(seal.seal(JSON.stringify(claims)))
    },
    /** What was wrapped; every way to be wrong is the same error. */
    unwrap(scope: StateScope): OpenState {
      const text = seal.open(scope.message.text(Member.requestState) ?? '')
      const claims: Claims | undefined = text === undefined ? undefined : JSON.parse(text)
      const expected = bound(scope)
      const isOurs =
        claims !== undefined &&
        claims.expiresAt > now() &&
        boundTo.every((key) => claims[key] === expected[key])
      if (!isOurs) throw new GatewayError('request_state_invalid', undefined)
      return { inner: claims.inner, round: claims.round, isOurs: claims.isOurs }
    },
  }
}

/** The same for any spelling of the same arguments, and never the same for different numbers. */
function canonical(json: string): string {
  return JSON.stringify(parseExact(json), (_key, inner: unknown) =>
    isRecord(inner) && !isRawNumber(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** A number that JavaScript cannot hold stands there as an object without a prototype. */
function isRawNumber(value: object): boolean {
  return Object.getPrototypeOf(value) === null
}
