import { pipeline } from 'node:stream'
import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

export interface DecodeLimits {
  /** What a body may come to, as it is sent and as it is unpacked. */
  readonly bodyBytes: number
  readonly unpackedBytes: number
  /** How many times larger than it was sent a body may become. */
  readonly unpackedRatio: number
}

/** Why a body was given up while it was read. */
export class BodyError extends Error {
  override readonly name = 'BodyError'
  readonly limitBytes: number | undefined

  constructor(
    problem: string,
    options: { readonly limitBytes?: number; readonly cause?: unknown } = {},
  ) {
    super(problem, { cause: options.cause })
    this.limitBytes = options.limitBytes
  }
}

const unpackers: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: () => createInflate(),
  br: () => createBrotliDecompress(),
}
/** A small body may be as repetitive as it likes. */
const ratioFromBytes = 64 * 1024

/** The bytes of a body as they were before they were packed, in a bound; we asked for no packing at all. */
export async function* decodeBody(
  body: AsyncIterable<Buffer>,
  encoding: string,
  limits: DecodeLimits,
): AsyncGenerator<Buffer, void, undefined> {
  const received = { bytes: 0 }
  const source = counted(body, received, limits.bodyBytes)
  const name = encoding.trim().toLowerCase()
  if (name === '' || name === 'identity') return yield* source
  const unpacker = unpackers[name]
  if (!unpacker) throw new BodyError(`its encoding ${JSON.stringify(encoding)} is not understood`)

  let unpackedBytes = 0
  for await (const chunk of unpacked(source, unpacker())) {
    unpackedBytes += chunk.length
    if (unpackedBytes > limits.unpackedBytes) throw tooLarge(limits.unpackedBytes)
    if (unpackedBytes > Math.max(ratioFromBytes, received.bytes * limits.unpackedRatio)) {
      throw new BodyError(`it unpacks to more than ${limits.unpackedRatio} times its size`)
    }
    yield chunk
  }
}

async function* counted(
  body: AsyncIterable<Buffer>,
  received: { bytes: number },
  limitBytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of body) {
    received.bytes += chunk.length
    if (received.bytes > limitBytes) throw tooLarge(limitBytes)
    yield chunk
  }
}

async function* unpacked(
  source: AsyncIterable<Buffer>,
  unpacker: Transform,
): AsyncGenerator<Buffer, void, undefined> {
  // A failure on either side destroys the unpacker, and reading it then throws that failure.
  pipeline(source, unpacker, () => undefined)
  try {
    yield* unpacker
  } catch (cause) {
    if (
      !(
        cause instanceof Error &&
        'errno' in cause &&
        'code' in cause &&
        String(cause.code).startsWith('Z_')
      )
    )
      throw cause
    throw new BodyError('it cannot be unpacked', { cause })
  }
}

function tooLarge(limitBytes: number): BodyError {
  return new BodyError('it is too large', { limitBytes })
}
