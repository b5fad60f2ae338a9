import { setTimeout as pause } from 'node:timers/promises'
import type { ChatPiece } from '../contract/chat.ts'
import type { Provider, TurnPiece, TurnRequest } from './provider.ts'
import { ProviderError } from './provider.ts'
import type { TurnCollector } from './turn.ts'

const attempts = 3
const firstPauseMs = 250
/** Who is to come back later than this is told so instead. */
const longestPauseMs = 20_000

/** Asks a model once more as long as nothing has come of it yet and that can be of use; tells what is to be shown. */
export async function* takeTurn(
  provider: Provider,
  request: TurnRequest,
  collector: TurnCollector,
): AsyncGenerator<ChatPiece, void, undefined> {
  const { signal } = request
  for (let attempt = 1; ; attempt++) {
    let hasBegun = false
    try {
      for await (const piece of untilAborted(provider.turn(request), signal)) {
        hasBegun = true
        yield* collector.take(piece)
      }
      return
    } catch (error) {
      const waitMs = hasBegun || attempt === attempts ? undefined : pauseBefore(error, attempt)
      if (waitMs === undefined || signal.aborted) throw error
      await pause(waitMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
    }
  }
}

function pauseBefore(error: unknown, attempt: number): number | undefined {
  if (!(error instanceof ProviderError) || !error.isRetryable) return undefined
  const waitMs = error.details.retryAfterMs ?? firstPauseMs * 2 ** (attempt - 1)
  return waitMs <= longestPauseMs ? waitMs : undefined
}

/** Ends as soon as the signal says so, also where what is iterated does not listen to it. */
async function* untilAborted(
  pieces: AsyncIterable<TurnPiece>,
  signal: AbortSignal,
): AsyncGenerator<TurnPiece, void, undefined> {
  const left = Promise.withResolvers<undefined>()
  const leave = () => left.resolve(undefined)
  if (signal.aborted) return
  signal.addEventListener('abort', leave, { once: true })
  const iterator = pieces[Symbol.asyncIterator]()
  let isOver = false
  try {
    for (;;) {
      const next = iterator.next()
      // When the signal wins, nobody waits for this one any more.
      next.catch(() => undefined)
      const result = await Promise.race([next, left.promise])
      isOver = result?.done === true
      if (result === undefined || result.done === true || signal.aborted) return
      yield result.value
    }
  } catch (error) {
    isOver = true
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', leave)
    // Not waited for: it may be stuck in what the signal was to end.
    if (!isOver) iterator.return?.(undefined).catch(() => undefined)
  }
}
