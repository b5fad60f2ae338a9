import { GatewayError } from '../../contract/gateway-error.ts'
import { payloadLength, toBuffer } from '../../wire/bytes.ts'
import { idempotencyKey, Member } from '../../wire/members.ts'
import type { ReadMessage } from '../../wire/message.ts'
import type { Done, Outcome, RoutedCall, Rule } from '../call/call.ts'
import type { Keyed } from './idempotency.ts'
import { idempotencyScope, IdempotencyStore } from './idempotency.ts'

export interface OnceDeps {
  readonly now: () => number
  readonly digest: (text: string) => string
  readonly read: ReadMessage
}

export interface Once {
  readonly rule: Rule
  /** Calls remembered by their keys. */
  readonly size: number
  /** Forgets what was kept long enough. */
  sweep(): void
}

const longestKey = 256

/**
 * A tool call whose caller gave it a key runs once, however often it is sent: one that is under way is joined, one
 * that is over is answered with what it came to.
 */
export function createOnce({ now, digest, read }: OnceDeps): Once {
  const store = new IdempotencyStore<Outcome>(sizeOf)

  const rule: Rule = (next) => (call, done) => {
    const { message, method } = call.spec
    if (!message.has(Member.idempotencyKey) || method !== 'tools/call') return next(call, done)
    const key = message.text(Member.idempotencyKey)
    if (key === undefined || key.length > longestKey) {
      const problem = `"${idempotencyKey}" must be a string of at most ${longestKey} characters`
      return refuse(done, new GatewayError('params_invalid', { problem }))
    }
    const scope = scopeOf(call, key)
    const begun = store.begin(scope, digest(message.raw(Member.arguments) ?? ''), now())
    switch (begun.kind) {
      case 'conflict':
        return refuse(done, new GatewayError('idempotency_conflict', { key }))
      case 'full': {
        const reason = 'too many calls with an idempotency key are under way'
        return refuse(done, new GatewayError('overloaded', { reason, retryAfterMs: 1000 }))
      }
      case 'stored':
        return done(begun.outcome)
      case 'join':
        return join(begun.entry, call, done)
      case 'first':
        return next(call, (outcome) => {
          store.settle(scope, kept(outcome, read), now())
          done(outcome)
        })
      default:
        begun satisfies never
    }
  }

  return {
    rule,
    get size() {
      return store.size
    },
    sweep: () => store.sweep(now()),
  }
}

function refuse(done: Done, error: GatewayError): void {
  done({ kind: 'failure', error, phase: 'not_sent' })
}

function join(entry: Keyed<Outcome>, call: RoutedCall, done: Done): void {
  const place = entry.waiters.add((outcome) => {
    call.abort = undefined
    if (outcome) return done(outcome)
    const reason = 'the call that was sent first under its idempotency key did not run'
    const { server } = call.spec
    refuse(done, new GatewayError('server_unreachable', { server, reason }))
  })
  // The call goes on for whoever sent it first.
  call.abort = (error) => {
    if (entry.waiters.remove(place)) done({ kind: 'failure', error, phase: 'maybe_sent' })
  }
}

/** What ran, or may have run, is remembered; what did not run may be tried again under its key. */
function kept(outcome: Outcome, read: ReadMessage): Outcome | undefined {
  if (outcome.kind === 'failure') return outcome.phase === 'not_sent' ? undefined : outcome
  // A copy of its own: the bytes may lie in a buffer that is far larger.
  return { ...outcome, reply: read(Buffer.from(toBuffer(outcome.reply.payload))) }
}

function scopeOf({ spec }: RoutedCall, key: string): string {
  const { message, target, server, caller } = spec
  const tool = target ?? message.raw(Member.name) ?? ''
  return idempotencyScope(caller.principal, `${server} ${tool}`, key)
}

function sizeOf(outcome: Outcome): number {
  return outcome.kind === 'reply' ? payloadLength(outcome.reply.payload) + 1024 : 1024
}
