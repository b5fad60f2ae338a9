import type { Era } from '../../core/call/era.ts'
import type { MessageStream } from '../../core/routing/message-stream.ts'

/** An agent that was let in once, by a token. */
export interface Enrolled {
  readonly id: string
  /** What the operator calls it; several may have one name. */
  readonly name: string
  /** Under which name its servers are shown: never that of another agent. */
  readonly shownName: string
  /** The same, where another agent may have it too. */
  readonly label: string
  /** Which servers it may offer, by its own names for them; all when left out. */
  readonly servers?: readonly string[]
}

/** Who may dial in. */
export interface Enrolment {
  /** Whether the token would be taken. */
  admits(token: string): boolean
  find(id: string): Enrolled | undefined
  /** The same, as of the last look: others may have changed it since. */
  known(id: string): Enrolled | undefined
  /** Another number whenever anybody was let in or thrown out. */
  readonly version: number
  /** Uses the token up; undefined when there is no such token, or its time is over. */
  enrol(token: string, agent: { readonly id: string; readonly key: string }): Enrolled | undefined
}

/** A server of an agent, to be made one of the gateway's. */
export interface OfferedServer {
  readonly agent: string
  /** What the agent calls it. */
  readonly server: string
  /** What it is called here. */
  readonly name: string
  /** What people call it: another one may be called so, too. */
  readonly label: string
  readonly era: Era | undefined
  /** It may know nothing of MCP but tools. */
  readonly isSimple?: true
  /** Begins a conversation with it. */
  readonly open: () => MessageStream
}

/** Makes it one of the gateway's until the result is called; undefined when its name is taken. */
export type HostServer = (offered: OfferedServer) => (() => void) | undefined
