import type { Readable, Writable } from 'node:stream'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Access } from '../../core/access/access.ts'
import { openClientChannel } from '../../core/clients/channel.ts'
import type { Scope } from '../../core/clients/exchange.ts'
import { errorAnswer, faultJson } from '../../core/eras/fault.ts'
import type { Gateway } from '../../core/gateway.ts'
import { createLineWriter } from '../../wire/line-writer.ts'
import type { ReadMessage } from '../../wire/message.ts'
import { createLineFramer } from '../../wire/ndjson.ts'

export interface ServeStdioOptions {
  readonly gateway: Gateway
  /** Who the client is: whoever starts us. */
  readonly access: Access
  readonly input: Readable
  readonly output: Writable
  readonly read: ReadMessage
  readonly limitBytes: number
}

/** Serves one client on a pair of streams until its input ends. */
export async function serveStdio(options: ServeStdioOptions): Promise<void> {
  const { gateway, input, output, read } = options
  const scope: Scope = { server: undefined, profile: undefined, access: options.access }
  const write = createLineWriter(output)
  const channel = openClientChannel({ gateway, scope, id: 'stdio', read, write })
  gateway.onStrayLog = (message, server) => channel.log(message, server)
  await readLines(
    input,
    options.limitBytes,
    (line) => channel.receive(line),
    (limitBytes) =>
      write(
        errorAnswer(
          'null',
          faultJson(new GatewayError('too_large', { what: 'The message', limitBytes })),
        ),
      ),
  )
  channel.end('the client left')
}

function readLines(
  input: Readable,
  limitBytes: number,
  onLine: (line: Buffer) => void,
  onOversize: (limitBytes: number) => void,
): Promise<void> {
  const framer = createLineFramer({ limitBytes, onLine, onOversize: () => onOversize(limitBytes) })
  return new Promise((resolve) => {
    input.on('data', (chunk: Buffer) => framer.push(chunk))
    input.once('end', () => {
      framer.end()
      resolve()
    })
    // A client that is gone has nothing more to say.
    input.once('error', () => resolve())
    input.once('close', () => resolve())
  })
}
