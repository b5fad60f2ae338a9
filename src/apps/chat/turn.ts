import type { ChatEnded, ChatEvent, ToolOutcome } from '../../contract/chat.ts'
import { clip } from '../../kit/text-width.ts'
import type { SaveBytes } from './bytes.ts'
import { saveBytesIn } from './bytes.ts'
import { createCallLines } from './call-lines.ts'
import { createMarkdownStream } from './markdown/stream.ts'
import type { MarkdownStream } from './markdown/stream.ts'
import type { Ui } from './terminal/ui.ts'

/** Shows what a conversation tells while it goes on; gives its end. */
export async function showTurn(
  events: AsyncIterable<ChatEvent>,
  ui: Ui,
  save: SaveBytes,
): Promise<ChatEnded | undefined> {
  const view = createTurnView(ui, save)
  let ended: ChatEnded | undefined
  for await (const event of events) {
    if (event.type === 'ended') ended = event
    else await view.take(event)
  }
  view.end()
  return ended
}

interface TurnView {
  take(event: ChatEvent): Promise<void>
  end(): void
}

function createTurnView(ui: Ui, save: SaveBytes): TurnView {
  const { ink } = ui
  const calls = createCallLines()
  let markdown: MarkdownStream | undefined

  function show(): void {
    const lines = calls.lines().map((line) => ink.dim(line))
    const waiting = markdown || lines.length > 0 ? [] : [ink.dim('…')]
    ui.show([...(markdown?.tail() ?? []), ...lines, ...waiting])
  }

  function finishText(): void {
    const lines = markdown?.end() ?? []
    markdown = undefined
    if (lines.length > 0) ui.print(lines.join('\n'))
  }

  function write(text: string): void {
    if (!markdown) ui.print('\n')
    markdown ??= createMarkdownStream(() => ({ columns: ui.columns() - 1, ink }))
    const lines = markdown.push(text)
    if (lines.length > 0) ui.print(lines.join('\n'))
  }

  async function ended(id: string, outcome: ToolOutcome): Promise<void> {
    const call = calls.end(id, outcome)
    if (!call) return
    const room = ui.columns() - 1
    const mark = call.isGood ? ink.good('✓') : ink.bad('✗')
    ui.print(`${mark} ${clip(`${call.label} ${call.args}`, room - 2)}`)
    ui.print(ink.dim(`  ${clip(call.summary, room - 2)}`))
    if (outcome.kind !== 'result') return
    for (const saved of await saveBytesIn(outcome.content, call.tool, save)) ui.print(`  ${saved}`)
  }

  return {
    async take(event) {
      if (event.type === 'piece') {
        const { piece } = event
        if (piece.kind === 'text' || piece.kind === 'refusal') write(piece.text)
      } else if (event.type === 'call_started') {
        finishText()
        calls.start(event)
      } else if (event.type === 'call_progress') calls.progress(event.id, event.progress)
      else if (event.type === 'call_ended') await ended(event.id, event.outcome)
      else if (event.type === 'round') finishText()
      show()
    },
    end() {
      finishText()
      ui.show([])
    },
  }
}
