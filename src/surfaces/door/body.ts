import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../../contract/failure.ts'

/** Reads a body within a limit, whatever its declared length says. */
export function readBody(
  request: IncomingMessage,
  limitBytes: number,
  done: (error: GatewayError | undefined, body: Buffer) => void,
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
    done(undefined, more ? Buffer.concat(more, length) : (first ?? empty))
  })
}

const empty = Buffer.alloc(0)
