import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../../contract/failure.ts'
import type { Bytes } from '../../wire/bytes.ts'

/** Reads a body within a limit, whatever its declared length says. */
export function readBody(
  request: IncomingMessage,
  limitBytes: number,
  done: (error: GatewayError | undefined, body: Bytes) => void,
): void {
  let first: Buffer | undefined
  let more: Buffer[] | undefined
  let length = 0
  let isOver = false

  request.on('data', (chunk: Buffer) => {
    if (isOver) return
    length += chunk.length
    if (length > limitBytes) {
      isOver = true
      done(new GatewayError('too_large', { what: 'The request body', limitBytes }), empty)
      return
    }
    if (first === undefined) first = chunk
    else (more ??= [first]).push(chunk)
  })
  request.on('end', () => {
    if (isOver) return
    isOver = true
    done(undefined, more && length > joinBelowBytes ? more : more ? Buffer.concat(more, length) : (first ?? empty))
  })
}

const empty = Buffer.alloc(0)

/** Larger bodies stay in the pieces they came in: joining them would be one more copy. */
const joinBelowBytes = 64 * 1024
