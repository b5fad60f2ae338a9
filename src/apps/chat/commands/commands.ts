import { GatewayError } from '../../../contract/gateway-error.ts'
import { nearest } from '../../../kit/nearest.ts'
import type { Chat, Command } from '../chat.ts'
import { offerCommands } from './offers.ts'
import { promptCommands, showPrompt } from './prompts.ts'
import { talkCommands } from './talk.ts'
import { printRows } from './offers.ts'

const help: Command = {
  name: 'help',
  usage: '/help',
  summary: 'list these commands',
  async run(_, chat) {
    printRows(
      chat,
      commands.filter(({ name }) => name !== 'exit').map(({ usage, summary }) => [usage, summary]),
    )
    chat.ui.print(
      'Alt-Enter or \\ at the end of a line goes on in the next line. Ctrl-C ends an answer.',
    )
    return undefined
  },
}

const commands: readonly Command[] = [...offerCommands, ...promptCommands, ...talkCommands, help]

/** What a message asks the chat itself to do; undefined when it is for the model. */
export function commandIn(
  text: string,
): ((chat: Chat) => Promise<'leave' | undefined>) | undefined {
  const typed = text.trim()
  const words = typed.toLowerCase()
  if (words === 'quit' || words === 'exit') return () => Promise.resolve('leave')
  if (words === 'list tools') return (chat) => named('tools').run('', chat)
  if (words === 'list prompts') return (chat) => named('prompts').run('', chat)
  const shown = /^get prompt\s+(\S[^]*)$/i.exec(typed)?.[1]
  if (shown !== undefined) {
    return async (chat) => {
      await showPrompt(shown, chat)
      return undefined
    }
  }
  const [, name = '', rest = ''] = /^\/(\S*)\s*([^]*)$/.exec(typed) ?? []
  return typed.startsWith('/') ? (chat) => named(name).run(rest.trim(), chat) : undefined
}

function named(name: string): Command {
  const command = commands.find((one) => one.name === name)
  if (command) return command
  const near = nearest(
    name,
    commands.map((one) => one.name),
  )
  throw new GatewayError('usage_invalid', {
    problem: `There is no command /${name}`,
    remedy: near === undefined ? '/help lists them.' : `Did you mean /${near}?`,
  })
}
