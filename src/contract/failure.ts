import { accessFailures } from './failures/access.ts'
import { agentsFailures } from './failures/agents.ts'
import { approvalFailures } from './failures/approvals.ts'
import { auditFailures } from './failures/audit.ts'
import { callsFailures } from './failures/calls.ts'
import { chatFailures } from './failures/chat.ts'
import { commandLineFailures } from './failures/command-line.ts'
import { configurationFailures } from './failures/configuration.ts'
import { lockFailures } from './failures/lock.ts'
import { llmFailures } from './failures/llm.ts'
import { namesFailures } from './failures/names.ts'
import { requestsFailures } from './failures/requests.ts'
import { serversFailures } from './failures/servers.ts'

/**
 * Every way a call can fail, in one table. Surfaces turn a row into a JSON-RPC error,
 * problem+json or two lines in a terminal; `docs/reference/errors.md` is printed from it.
 */
export const failures = {
  ...configurationFailures,
  ...commandLineFailures,
  ...requestsFailures,
  ...namesFailures,
  ...serversFailures,
  ...callsFailures,
  ...chatFailures,
  ...accessFailures,
  ...approvalFailures,
  ...agentsFailures,
  ...auditFailures,
  ...llmFailures,
  ...lockFailures,
} as const

export type FailureCode = keyof typeof failures
