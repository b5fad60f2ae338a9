import { z } from 'zod'

import { GatewayStatus, PlanResult, ReloadResult, ServerStatus } from '../status.ts'
import { route } from './route.ts'

const tag = 'gateway'

export const gatewayStatus = route({
  id: 'gateway_status',
  method: 'get',
  path: '/status',
  tag,
  summary: 'Who answers here, and since when',
  scope: 'any',
  reply: GatewayStatus,
})

export const reloadConfig = route({
  id: 'reload_config',
  method: 'post',
  path: '/config/reload',
  tag,
  summary: 'Go over to what the configuration file says now',
  scope: 'config',
  reply: ReloadResult,
  fails: ['config_invalid', 'config_unreadable', 'reload_refused'],
})

export const planConfig = route({
  id: 'plan_config',
  method: 'get',
  path: '/config/plan',
  tag,
  summary: 'What a reload would change',
  scope: 'config',
  reply: PlanResult,
  fails: ['config_invalid', 'config_unreadable'],
})

export const listAgents = route({
  id: 'list_agents',
  method: 'get',
  path: '/agents',
  tag: 'agents',
  summary: 'List the servers that remote agents bring',
  scope: ['read', 'config'],
  narrowed: true,
  reply: z.object({ agents: z.array(ServerStatus) }).meta({ id: 'AgentList' }),
})
