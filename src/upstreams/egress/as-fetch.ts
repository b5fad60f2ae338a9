import type { GuardedFetch, GuardedStream } from './guarded-fetch.ts'

/** Set by the guarded client itself, from the request. */
const ownHeaders = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'transfer-encoding',
])

/** The guarded client in the form in which libraries of providers take one. */
export function asFetch(guarded: GuardedFetch): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const { signal } = request
    const body = request.body === null ? undefined : Buffer.from(await request.arrayBuffer())
    const headers = [...request.headers].filter(([name]) => !ownHeaders.has(name))
    const answer = await guarded.stream(request.url, {
      method: request.method,
      headers: Object.fromEntries(headers),
      ...(body && { body }),
      signal,
      // A key must not follow to somebody else.
      redirect: 'manual',
    })
    return toResponse(answer)
  }
}

const bodiless = new Set([204, 205, 304])

function toResponse(answer: GuardedStream): Response {
  const headers = Object.entries(answer.headers).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((one): [string, string] => [name, one]),
  )
  const body = bodiless.has(answer.status) ? null : streamOf(answer)
  return new Response(body, { status: answer.status, headers })
}

function streamOf(answer: GuardedStream): ReadableStream<Uint8Array> {
  const chunks = answer.body[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await chunks.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      } catch (error) {
        controller.error(error)
      }
    },
    cancel: () => answer[Symbol.asyncDispose](),
  })
}
