import type { ServerResponse } from 'node:http'

/** The events of streams that may be taken up again. */
export interface Streams {
  /** Opens one on this response. */
  open(response: ServerResponse): EventStream
  /** Goes on, after the event of this id or, `fromBeginning`, with all there were, on another response. */
  resume(
    lastEventId: string,
    response: ServerResponse,
    options: { readonly fromBeginning: boolean },
  ): void
}

export interface EventStream {
  write(message: string): void
  end(): void
}

interface Kept {
  readonly events: string[]
  response: ServerResponse
  isEnded: boolean
}

export function createStreams(): Streams {
  const kept: Kept[] = []

  return {
    open(response) {
      const stream: Kept = { events: [], response, isEnded: false }
      const number = kept.push(stream) - 1
      const write = (data: string): void => {
        const event = `id: ${number}-${stream.events.length}\ndata: ${data}\n\n`
        stream.events.push(event)
        stream.response.write(event)
      }
      // An event without data gives the client an id before anything can be lost.
      write('')
      return {
        write,
        end() {
          stream.isEnded = true
          stream.response.end()
        },
      }
    },
    resume(lastEventId, response, { fromBeginning }) {
      const [number = 0, event = 0] = lastEventId.split('-').map(Number)
      const stream = kept[number]
      if (!stream) return void response.end()
      stream.response = response
      const missed = stream.events.slice(fromBeginning ? 0 : event + 1)
      for (const one of missed) response.write(one)
      if (stream.isEnded) response.end()
    },
  }
}
