import type { ChatEnded } from '../../contract/chat.ts'
import { plain, plainLine } from '../../kit/plain.ts'
import { failureWords } from './failure-words.ts'
import type { Ui } from './terminal/ui.ts'

type Printing = Pick<Ui, 'ink' | 'print'>

/** What happened, and under it what to do. */
export function printFailure(cause: unknown, ui: Printing): void {
  const { message, remedy } = failureWords(cause)
  printTwo({ message, remedy }, ui)
}

function printTwo(
  { message, remedy }: { readonly message: string; readonly remedy?: string | undefined },
  { ink, print }: Printing,
): void {
  print(ink.bad(plain(message)))
  if (remedy !== undefined) print(`  ${ink.dim('→')} ${plainLine(remedy)}`)
}

/** What the end of an answer means, where it is not simply over. */
export function printEnding(ended: ChatEnded, ui: Printing): void {
  if (ended.reason === 'failed' && ended.error) printTwo(ended.error, ui)
  const words = endingWords(ended)
  if (words !== undefined) ui.print(ui.ink.dim(words))
  ui.print('\n')
}

function endingWords({ reason, budget, pending }: ChatEnded): string | undefined {
  switch (reason) {
    case 'cancelled':
      return 'Interrupted.'
    case 'length':
      return 'The model stopped: its answer became too long.'
    case 'content_filter':
      return 'The provider held the answer back.'
    case 'budget':
      return `No further tools were used: \`chat.budgets.${budget ?? ''}\` is used up.`
    case 'approval':
      return `${pending.length} calls wait for somebody to decide.`
    case 'stop':
    case 'failed':
    case 'caller_tools':
      return undefined
    default:
      return reason satisfies never
  }
}
