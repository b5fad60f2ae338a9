import { setTimeout as pause } from 'node:timers/promises'
import type { Runners } from './runners.ts'
import type { ReplyOptions, Turn } from '../server/turn.ts'

/** What the answer is and how its bytes go out. */
export interface ReplySteps {
  /** Does what the tool does, here instead of before the first step. */
  execute: object
  /** Answers; twice in one script, the first with `hasMore`, is a duplicate. */
  reply: ReplyOptions
  /** Writes so many bytes of the answer, and no more. */
  partial: { readonly bytes: number }
  /** Writes the answer in slices. */
  slice: { readonly bytes: number; readonly everyMs?: number }
  /** Holds the answer until `count` are held or `waitMs` has passed, then sends all in a random order. */
  shuffle: { readonly count: number; readonly waitMs?: number }
}

export const replyRunners: Runners<ReplySteps> = {
  execute: (_step, turn) => turn.execute(),
  async reply(options, turn) {
    turn.claimAnswer()
    const text = turn.replyText(options)
    if (options.hasMore === true) turn.outlet.say(text)
    else turn.outlet.finish(text)
    await pause(0)
  },
  async partial({ bytes }, turn) {
    turn.claimAnswer()
    turn.outlet.raw(turn.outlet.frame(turn.replyText()).subarray(0, bytes))
    // Node holds the head of a response back until the end of the turn.
    await pause(0)
  },
  async slice({ bytes, everyMs = 0 }, turn) {
    turn.claimAnswer()
    const whole = turn.outlet.frame(turn.replyText())
    await turn.outlet.alone(async () => {
      for (let at = 0; at < whole.length; at += bytes) {
        turn.outlet.raw(whole.subarray(at, at + bytes))
        // Without a pause the slices would travel as one.
        await pause(everyMs)
      }
    })
    turn.outlet.end()
  },
  async shuffle({ count, waitMs = 1000 }, turn) {
    turn.claimAnswer()
    const { held } = turn.world
    held.push(() => turn.outlet.finish(turn.replyText()))
    if (held.length < count) await pause(waitMs)
    release(turn)
  },
}

function release({ world }: Turn): void {
  const due = world.held.splice(0)
  while (due.length > 0) due.splice(Math.floor(Math.random() * due.length), 1)[0]?.()
}
