import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

/** What the private socket of a gateway tells. */
export interface Look {
  readonly counts: Readonly<Record<string, number>>
  readonly process: { readonly handles: Readonly<Record<string, number>> }
}

/** Asks the gateway that was started in this folder how much everything holds. */
export async function look(folder: string): Promise<Look> {
  const sockets = join(folder, 'state', 'gantry', 'run')
  const [file = ''] = await readdir(sockets)
  return new Promise((resolve, reject) => {
    const options = { socketPath: join(sockets, file), path: '/debug/census', agent: false }
    const sent = request(options, (response) => {
      text(response).then((body) => resolve(JSON.parse(body)), reject)
    })
    sent.on('error', reject)
    sent.end()
  })
}
