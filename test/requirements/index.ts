import { access } from './access.ts'
import { agents } from './agents.ts'
import { assistant } from './assistant.ts'
import { audit } from './audit.ts'
import { badInput } from './bad-input.ts'
import { catalog } from './catalog.ts'
import { cli } from './cli.ts'
import { chat } from './chat.ts'
import { chatApi } from './chat-api.ts'
import { clients } from './clients.ts'
import { config } from './config.ts'
import { consent } from './consent.ts'
import { doors } from './doors.ts'
import { edges } from './edges.ts'
import { faults } from './faults.ts'
import { hostile } from './hostile.ts'
import { house } from './house.ts'
import { httpFaults } from './http-faults.ts'
import { llm } from './llm.ts'
import { llmGateway } from './llm-gateway.ts'
import { llmPrograms } from './llm-programs.ts'
import { llmSchemas } from './llm-schemas.ts'
import { lock } from './lock.ts'
import { openapi } from './openapi.ts'
import { rest } from './rest.ts'
import { rules } from './rules.ts'
import { security } from './security.ts'
import { signIn } from './sign-in.ts'
import { surfaces } from './surfaces.ts'
import { upstreams } from './upstreams.ts'
import { wire } from './wire.ts'

/** Everything promised, in one list. */
export const requirements = [
  ...house,
  ...config,
  ...consent,
  ...wire,
  ...upstreams,
  ...catalog,
  ...surfaces,
  ...cli,
  ...clients,
  ...badInput,
  ...edges,
  ...rules,
  ...faults,
  ...httpFaults,
  ...doors,
  ...agents,
  ...access,
  ...audit,
  ...rest,
  ...openapi,
  ...signIn,
  ...security,
  ...hostile,
  ...llm,
  ...llmGateway,
  ...lock,
  ...llmPrograms,
  ...chat,
  ...chatApi,
  ...llmSchemas,
  ...assistant,
]

export type RequirementId = (typeof requirements)[number]['id']
