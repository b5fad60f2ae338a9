import { GatewayError } from '../../contract/gateway-error.ts'
import { nearest } from '../../kit/nearest.ts'
import type { Server } from './server.ts'

/** Why there is no server of this name among those that may be known: none is, or several are called so. */
export function unknownServer(name: string, known: readonly Server[]): GatewayError {
  const called = known.filter(({ config }) => config.transport === 'agent' && config.label === name)
  if (called.length > 1)
    return new GatewayError('server_ambiguous', {
      server: name,
      candidates: called.map((server) => server.name),
    })
  const names = known.map((server) => server.name)
  return new GatewayError('server_unknown', {
    server: name,
    nearest: called[0]?.name ?? nearest(name, names),
  })
}
