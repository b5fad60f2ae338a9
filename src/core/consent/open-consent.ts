import { createMessageReader } from '../../wire/message.ts'
import type { Clock } from '../gateway.ts'
import type { Generation } from '../generation.ts'
import type { Seal } from '../routing/request-state.ts'
import type { Consent } from './consent.ts'
import { createConsent } from './consent.ts'
import { Desk } from './desk.ts'
import type { GrantStore } from './grants.ts'
import { createMemoryStore } from './grants.ts'

/** How people decide about calls. */
export interface ApprovalDeps {
  readonly store: GrantStore
  readonly newId: () => string
  /** The clock on the wall. */
  readonly wallMs: () => number
  /** Whether somebody can get at what waits: else nobody would ever decide. */
  readonly isReachable: boolean
}

export interface OpenConsentDeps {
  readonly clock: Clock
  readonly seal: Seal
  /** Left out, only clients can be asked, and nothing is kept between runs. */
  readonly approvals?: ApprovalDeps | undefined
}

/** The consent of one gateway, by the configuration that holds at the moment. */
export function openConsent(deps: OpenConsentDeps, current: () => Generation): Consent {
  const { clock, seal, approvals } = deps
  const settings = () => current().config.access.approvals
  let made = 0
  return createConsent({
    desk: new Desk({
      now: clock.now,
      wallMs: approvals?.wallMs ?? clock.now,
      newId: approvals?.newId ?? (() => String(++made)),
      store: approvals?.store ?? createMemoryStore(),
      waitMs: () => settings().waitMs,
    }),
    digest: (text) => seal.digest(text),
    read: createMessageReader(),
    now: clock.now,
    isTrusted: (name) => current().find(name)?.config.trustAnnotations === true,
    asksClients: () => settings().askClients,
    isReachable: approvals?.isReachable ?? false,
  })
}
