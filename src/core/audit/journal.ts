import type { GatewayError } from '../../contract/gateway-error.ts'
import type { ByteText } from '../../wire/bytes.ts'
import type { Decision } from '../access/access.ts'
import type { ConsentFact } from '../consent/fact.ts'

/** Who asked for what. */
export interface Asked {
  readonly method: string
  readonly principal: string
  /** The session of the older era it belongs to. */
  readonly session: string | undefined
  /** The id of the request, as its client wrote it. */
  readonly request: ByteText | undefined
  /** Undefined where nobody could tell. */
  readonly server: string | undefined
  /** The tool or prompt by its server's own name, or the URI. */
  readonly target: string | undefined
  /** The arguments, or the URI, as the bytes that came. */
  readonly subject: Buffer | undefined
  readonly requestBytes: number
}

/** What became of it. */
export interface Ending {
  /** Undefined where it was refused before anybody decided. */
  readonly decision: Decision | undefined
  readonly outcome: 'result' | 'tool_error' | 'input_required' | 'error' | 'cancelled'
  readonly executed: 'executed' | 'not_executed' | 'unknown'
  /** What kind of error it was: a code of ours, or the number the server gave. */
  readonly code: string | undefined
  readonly durationMs: number
  readonly replyBytes: number
  readonly attempts: number
  /** Who let it through, where somebody had to, and which rule wanted that. */
  readonly consent?: ConsentFact | undefined
}

/** The number of the line that says that a call began. */
export type BegunLine = number

/** Where it is written down who called what. */
export interface Journal {
  /** Whether a call is sent only when it is written down that it begins. */
  readonly isRequired: boolean
  /** Writes down that a call begins, and tells where; or tells why that cannot be done. */
  begin(asked: Asked, told: (begun: BegunLine | GatewayError) => void): void
  /** Writes down what a call came to. Never throws and never waits. */
  end(asked: Asked, ending: Ending, begun?: BegunLine): void
}
