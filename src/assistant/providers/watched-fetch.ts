import type { ProviderFetch } from './provider-options.ts'

export interface WatchedFetch {
  readonly fetch: ProviderFetch
  /** Whether the mark has come with which OpenAI ends a stream: libraries keep it to themselves. */
  readonly isDone: () => boolean
}

const mark = '[DONE]'

/** Looks at what comes as it goes by. */
export function watchedFetch(fetch: ProviderFetch): WatchedFetch {
  let tail = ''
  const isDone = () => tail.includes(mark)

  return {
    isDone,
    async fetch(input, init) {
      const response = await fetch(input, init)
      if (!response.body) return response
      const watch = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          const end = Buffer.from(chunk.subarray(-64)).toString('latin1')
          if (!isDone()) tail = `${tail}${end}`.slice(-64)
          controller.enqueue(chunk)
        },
      })
      const { status, statusText, headers } = response
      const body = response.body.pipeThrough(watch)
      return new Response(body, { status, statusText, headers })
    },
  }
}
