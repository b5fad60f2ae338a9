import { access } from './access.ts'
import { agents } from './agents.ts'
import { badInput } from './bad-input.ts'
import { catalog } from './catalog.ts'
import { cli } from './cli.ts'
import { config } from './config.ts'
import { doors } from './doors.ts'
import { edges } from './edges.ts'
import { faults } from './faults.ts'
import { house } from './house.ts'
import { httpFaults } from './http-faults.ts'
import { llm } from './llm.ts'
import { rest } from './rest.ts'
import { rules } from './rules.ts'
import { surfaces } from './surfaces.ts'
import { upstreams } from './upstreams.ts'
import { wire } from './wire.ts'

/** Everything promised, in one list. */
export const requirements = [
  ...house,
  ...config,
  ...wire,
  ...upstreams,
  ...catalog,
  ...surfaces,
  ...cli,
  ...badInput,
  ...edges,
  ...rules,
  ...faults,
  ...httpFaults,
  ...doors,
  ...agents,
  ...access,
  ...rest,
  ...llm,
]

export type RequirementId = (typeof requirements)[number]['id']
