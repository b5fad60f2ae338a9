import type { ByteText } from '../wire/bytes.ts'
import { toJson } from '../wire/bytes.ts'

type Ask = (method: string, params: ByteText) => Promise<unknown>

/** Which resources a legacy server was asked to report on, one at a time and never twice. */
export function createLegacyWatch(ask: Ask): {
  /** Resolves once the server has answered for each of them. */
  set(uris: readonly string[]): Promise<unknown>
  replay(): void
} {
  let watched = new Set<string>()

  // A server that refuses reports nothing: the client sees no updates, as it would directly.
  const change = (method: string, uri: string) =>
    ask(method, `{"uri":${toJson(uri)}}`).catch(() => undefined)

  return {
    set(uris) {
      const wanted = new Set(uris)
      const added = [...wanted].filter((uri) => !watched.has(uri))
      const removed = [...watched].filter((uri) => !wanted.has(uri))
      watched = wanted
      return Promise.all([
        ...added.map((uri) => change('resources/subscribe', uri)),
        ...removed.map((uri) => change('resources/unsubscribe', uri)),
      ])
    },
    replay() {
      for (const uri of watched) void change('resources/subscribe', uri)
    },
  }
}
