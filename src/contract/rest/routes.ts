import { createKey, explainAccess, listKeys, listProfiles, revokeKey } from './access.ts'
import { decideApproval, decideCall, listApprovals, listGrants, revokeGrant } from './approvals.ts'
import { approveAgent, enrolAgent, listEnrolled, revokeAgent } from './agents.ts'
import { getCall, listCalls } from './calls.ts'
import { cancelLlmRun, getLlmRun, listLlmRuns, llmStatus } from './llm.ts'
import { gatewayStatus, listAgents, planConfig, reloadConfig } from './gateway.ts'
import { getPrompt, listPrompts, listResources, listTemplates, readResource } from './offers.ts'
import type { AnyRoute } from './route.ts'
import * as servers from './servers.ts'
import { callTool, listTools } from './tools.ts'

/** Every REST address there is; each is served under `/api` and under `/mcp`. */
export const restRoutes: readonly AnyRoute[] = [
  gatewayStatus,
  reloadConfig,
  planConfig,
  servers.listServers,
  servers.serverStatuses,
  servers.getServer,
  servers.serverLogs,
  servers.addServer,
  servers.changeServer,
  servers.removeServer,
  ...Object.values(servers.actOnServer),
  ...Object.values(servers.actOnServers),
  listTools,
  callTool,
  listResources,
  listTemplates,
  readResource,
  listPrompts,
  getPrompt,
  listAgents,
  listEnrolled,
  enrolAgent,
  approveAgent,
  revokeAgent,
  listApprovals,
  decideApproval,
  decideCall,
  listGrants,
  revokeGrant,
  listProfiles,
  explainAccess,
  listKeys,
  createKey,
  revokeKey,
  listCalls,
  getCall,
  llmStatus,
  listLlmRuns,
  getLlmRun,
  cancelLlmRun,
]

export const restPrefixes = ['/api', '/mcp'] as const
