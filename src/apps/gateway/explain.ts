import { explain } from '../../access/why.ts'
import type { Why } from '../../contract/why.ts'
import type { LoadedConfig } from '../config/load.ts'
import { composeGateway } from './gateway.ts'

/** What a gateway on this configuration would say; its servers are started when their tools are not known yet. */
export async function explainLocally(
  loaded: LoadedConfig,
  asked: { readonly principal: string; readonly tool: string },
): Promise<Why> {
  await using running = await composeGateway(loaded)
  const { gateway, principals, keys } = running
  await keys.open()
  gateway.start()
  await gateway.settled()
  return explain(gateway, principals, asked)
}
