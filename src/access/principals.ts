import type { Config } from '../contract/config.ts'
import type { Access } from '../core/access/access.ts'
import { allGrants } from './grant.ts'
import type { KeyRing } from './key-ring.ts'
import type { Holding, Rights } from './rights.ts'
import { createRights } from './rights.ts'

/** Everybody who needs no key is one principal. */
export const localPrincipal = 'local'

/** Whoever needs no key may be a program that was misled: what runs on this machine is not theirs to say, nor to grant. */
const local: Holding = {
  grants: allGrants.filter(({ scope }) => scope !== 'programs'),
  profile: undefined,
}
const none: Holding = { grants: [], profile: undefined }

export interface Principals {
  /** Stays the same object for a name, and follows what the name may do. */
  of(name: string): Access
  /** What the name may do at the moment. */
  rights(name: string): Rights
}

export interface PrincipalsDeps {
  /** What holds now. */
  readonly config: () => Config
  readonly ring: () => KeyRing
}

export function createPrincipals({ config, ring }: PrincipalsDeps): Principals {
  const known = new Map<string, Access>()

  return {
    of(name) {
      const found = known.get(name)
      if (found) return found
      const access = followed(
        name,
        createCurrent(name, config, () => holdingFor(name, ring())),
      )
      known.set(name, access)
      return access
    },
    rights: (name) => createRights(config(), name, holdingFor(name, ring())),
  }
}

function holdingFor(name: string, ring: KeyRing): Holding {
  return name === localPrincipal ? local : (ring.holding(name) ?? none)
}

/** Made anew only when the configuration or what the name holds is another. */
function createCurrent(name: string, config: () => Config, holding: () => Holding): () => Rights {
  let under: Config | undefined
  let held: Holding | undefined
  let rights: Rights | undefined
  return () => {
    const [nowUnder, nowHeld] = [config(), holding()]
    if (rights && nowUnder === under && nowHeld === held) return rights
    under = nowUnder
    held = nowHeld
    return (rights = createRights(nowUnder, name, nowHeld))
  }
}

function followed(principal: string, rights: () => Rights): Access {
  return {
    get id() {
      return rights().id
    },
    principal,
    seesServer: (server) => rights().seesServer(server),
    reads: (server) => rights().reads(server),
    seesTool: (tool) => rights().seesTool(tool),
    decide: (tool, read) => rights().decide(tool, read),
    judge: (tool, read) => rights().judge(tool, read),
    allows: (scope, server) => rights().allows(scope, server),
    holds: (scope) => rights().holds(scope),
  }
}
