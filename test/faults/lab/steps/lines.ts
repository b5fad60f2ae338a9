import { setTimeout as pause } from 'node:timers/promises'
import type { Outlet } from '../server/outlet.ts'
import type { Runners } from './runners.ts'

/** Answers of a size that nobody asked for. */
export interface LineSteps {
  /** A whole and correct answer of so many bytes. */
  bigLine: { readonly bytes: number }
  /** An answer that is still not whole after so many bytes. */
  endlessLine: { readonly bytes: number }
}

const pieceBytes = 1024 * 1024

export const lineRunners: Runners<LineSteps> = {
  async bigLine({ bytes }, turn) {
    turn.claimAnswer()
    const [before, after] = splitReply(`${turn.replyText({ text: mark })}\n`)
    const fill = Math.max(0, bytes - before.length - after.length)
    turn.outlet.open(before.length + fill + after.length)
    await turn.outlet.alone(async () => {
      turn.outlet.raw(before)
      await writeFill(fill, turn.outlet)
      turn.outlet.raw(after)
    })
    turn.outlet.end()
  },
  async endlessLine({ bytes }, turn) {
    turn.claimAnswer()
    turn.outlet.open()
    turn.outlet.raw(splitReply(turn.replyText({ text: mark }))[0])
    await writeFill(bytes, turn.outlet)
  },
}

const mark = 'FILLED-HERE'

function splitReply(text: string): readonly [Buffer, Buffer] {
  const at = text.indexOf(mark)
  return [Buffer.from(text.slice(0, at)), Buffer.from(text.slice(at + mark.length))]
}

async function writeFill(bytes: number, outlet: Outlet): Promise<void> {
  const piece = Buffer.alloc(pieceBytes, 'x')
  for (let left = bytes; left > 0; left -= pieceBytes) {
    outlet.raw(piece.subarray(0, left))
    await pause(0)
  }
}
