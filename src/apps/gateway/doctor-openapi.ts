import type { OpenApiServerConfig } from '../../contract/config.ts'
import { describedBy } from '../../upstreams/openapi/connect.ts'
import type { Service } from '../../upstreams/openapi/service.ts'
import { examineWay } from './doctor-http.ts'
import { remedyOf } from './doctor-steps.ts'
import type { Steps } from './doctor-steps.ts'

/** The description of a service, and the way to where it says the service is. */
export async function examineService(config: OpenApiServerConfig, steps: Steps): Promise<void> {
  const { name, startTimeoutMs, allowPrivate } = config
  const service = await steps.take({
    step: 'description',
    work: () => describedBy(config, AbortSignal.timeout(startTimeoutMs)),
    describe: described,
    advise: (error) => remedyOf(error) ?? `Correct \`servers.${name}.openapi\`.`,
  })
  for (const detail of service.notes) steps.note({ step: 'operations', ok: true, detail })
  await examineWay({ name, url: service.base.url.href, allowPrivate }, steps)
}

function described({ title, version, tools, base }: Service): string {
  return `${title} ${version}, ${tools.size} operations at ${base.url.origin}${base.url.pathname}`
}
