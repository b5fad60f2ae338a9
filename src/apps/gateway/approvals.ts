import { GatewayError } from '../../contract/gateway-error.ts'
import type { Approval } from '../../contract/rest/approvals.ts'
import { differencesOf } from '../../core/catalog/difference.ts'
import type { PinRules, SavedTool } from '../../core/catalog/pins.ts'
import { PinBook } from '../../core/catalog/pins.ts'
import { silentLog } from '../../core/observe/log.ts'
import type { ApprovalDesk } from '../../surfaces/rest/approvals.ts'
import type { LoadedConfig } from '../config/load.ts'
import { createLockedPins } from './lock/locked-pins.ts'
import { openLockBook } from './lock/lock-book.ts'
import { createPinStore, digestOf } from './pin-store.ts'
import { stateFolder } from './state-folder.ts'

/** What can be done with tools that are not what they were; `rulesOf` tells what holds for a server now. */
export function createApprovalDesk(
  pins: PinBook,
  rulesOf: (server: string) => PinRules | undefined,
): ApprovalDesk {
  return {
    list: (server) =>
      pins
        .of(server)
        .waiting()
        .map((tool) => describe(server, tool)),
    decide({ server, tool, digest, decision }) {
      const waiting = pins.of(server).waiting()
      const meant = waiting.filter(({ name }) => tool === undefined || name === tool)
      if (meant.length === 0) throw new GatewayError('approval_unknown', { server, tool })
      const other = meant.find((one) => digest !== undefined && digestIn(one) !== digest)
      if (other) throw new GatewayError('approval_outdated', { server, tool: other.name })
      const tools = meant.map(({ name }) => name)
      pins.of(server).settle(new Set(tools), decision === 'approve')
      return { server, decision, tools }
    },
  }

  function describe(server: string, tool: SavedTool): Approval {
    const { name, approved, since = '', isRejected = false, was } = tool
    const rules = rulesOf(server)
    return {
      server,
      tool: name,
      kind: approved === undefined ? 'new' : 'changed',
      ...(was !== undefined && { was }),
      held: rules !== undefined && pins.of(server).holds(name, rules),
      rejected: isRejected,
      since,
      digest: digestIn(tool),
      differences: [...differencesOf(tool)],
    }
  }
}

/** For the command line, where no gateway runs: the files are the same. */
export async function localApprovalDesk(loaded: LoadedConfig): Promise<ApprovalDesk> {
  const { servers } = loaded.config
  const { tools } = await openLockBook(loaded, silentLog)
  const pins = new PinBook(createLockedPins(createPinStore(stateFolder('pins'), silentLog), tools))
  return createApprovalDesk(pins, (name) => servers.find((one) => one.name === name))
}

function digestIn({ waiting = '' }: SavedTool): string {
  return digestOf(Buffer.from(waiting))
}
