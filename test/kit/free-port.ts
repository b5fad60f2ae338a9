import { once } from 'node:events'
import { createServer } from 'node:net'

import { listeningOn } from './listening-on.ts'

/** A port of this machine that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listeningOn(server)
  server.close()
  await once(server, 'close')
  return port
}
