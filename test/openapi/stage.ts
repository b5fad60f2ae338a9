import type { OpenedUpstream } from './open-service.ts'
import { openUpstream, petstore, writeDocument } from './open-service.ts'
import type { RecordedService } from './recorded-service.ts'
import { startService } from './recorded-service.ts'

export interface Stage extends AsyncDisposable {
  readonly service: RecordedService
  readonly opened: OpenedUpstream
}

/** A service that takes whatever comes, under this description. */
export async function stage(document?: object, entry: object = {}): Promise<Stage> {
  await using undo = new AsyncDisposableStack()
  const service = undo.use(await startService())
  const openapi = document ? undo.use(await writeDocument(document)).path : petstore
  const opened = undo.use(await openUpstream({ openapi, baseUrl: `${service.url}/v1`, ...entry }))
  const owned = undo.move()
  return { service, opened, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

export const styled = (name: string, place: string, style: object) => ({
  name,
  in: place,
  ...style,
})
