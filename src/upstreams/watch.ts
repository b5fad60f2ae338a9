import type { ByteText } from '../wire/bytes.ts'
import { toJson } from '../wire/bytes.ts'

type Ask = (method: string, params: ByteText) => Promise<unknown>

/** Which resources a legacy server was asked to report on, one at a time and never twice. */
export function createLegacyWatch(ask: Ask): {
  set(uris: readonly string[]): void
  replay(): void
} {
  let watched = new Set<string>()

  // A server that refuses reports nothing: the client sees no updates, as it would directly.
  const change = (method: string, uri: string) =>
    void ask(method, `{"uri":${toJson(uri)}}`).catch(() => undefined)

  return {
    set(uris) {
      const wanted = new Set(uris)
      for (const uri of wanted) if (!watched.has(uri)) change('resources/subscribe', uri)
      for (const uri of watched) if (!wanted.has(uri)) change('resources/unsubscribe', uri)
      watched = wanted
    },
    replay() {
      for (const uri of watched) change('resources/subscribe', uri)
    },
  }
}
