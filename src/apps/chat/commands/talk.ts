import { resolve } from 'node:path'

import { plain, plainLine } from '../../../kit/plain.ts'
import type { Chat, Command } from '../chat.ts'
import { newConversation, textOf, titleOf } from '../conversation.ts'
import { saveConversation } from '../export.ts'
import type { GrantShown } from '../link.ts'
import { printRows } from './offers.ts'

const shownMessages = 6

const model: Command = {
  name: 'model',
  usage: '/model [NAME]',
  summary: 'list the models, or go on with another one',
  async run(name, { ui, session, models, signal }) {
    if (name !== '') {
      session.useModel(models.choose(name))
      ui.print(`Further messages go to ${plainLine(session.model().id)}.`)
      return undefined
    }
    const current = session.model().id
    ui.print(`${ui.ink.bold(plainLine(current))} answers.`)
    for (const { id } of await models.list(signal)) ui.print(`  ${plainLine(id)}`)
    return undefined
  },
}

const servers: Command = {
  name: 'servers',
  usage: '/servers',
  summary: 'list the servers and how they are doing',
  async run(_, chat) {
    const all = await chat.link.servers()
    if (all.length === 0) chat.ui.print('There are no servers.')
    else
      printRows(
        chat,
        all.map(({ name, state, reason = '', tools }) => [
          name,
          `${state}${reason === '' ? '' : ` (${reason})`}, ${tools} tools`,
        ]),
      )
    return undefined
  },
}

const allow: Command = {
  name: 'allow',
  usage: '/allow [revoke ID]',
  summary: 'list what you allowed, or take it back',
  async run(rest, chat) {
    const { ui, link } = chat
    const [verb, start = ''] = rest.split(/\s+/)
    const all = await grantsOf(chat)
    if (verb !== 'revoke') {
      for (const { id, server, tool, scope } of all) {
        const until = scope === 'always' ? 'always' : 'in this conversation'
        ui.print(`  ${id.slice(0, 8)}  ${plainLine(server)} ${plainLine(tool)}  ${until}`)
      }
      const none = 'Nothing is allowed beyond single calls.'
      ui.print(all.length === 0 ? none : 'Take one back with /allow revoke ID.')
      return undefined
    }
    const chosen = all.filter(({ id }) => start !== '' && id.startsWith(start))
    for (const { id, server, tool } of chosen) {
      await link.revoke(id)
      ui.print(`${plainLine(server)} ${plainLine(tool)} asks again.`)
    }
    if (chosen.length === 0) ui.print(`No grant has an id that begins with "${plainLine(start)}".`)
    return undefined
  },
}

/** What holds in this conversation: what was allowed in it, and what is allowed always. */
async function grantsOf({ link, granted }: Chat): Promise<readonly GrantShown[]> {
  const here = new Set(granted().map(({ id }) => id))
  const all = await link.grants()
  return all.filter(({ id, scope }) => scope === 'always' || here.has(id))
}

const save: Command = {
  name: 'save',
  usage: '/save [FILE]',
  summary: 'write the conversation into a file, .json or Markdown',
  async run(file, { ui, session, cwd }) {
    const conversation = session.conversation()
    const path = resolve(cwd, file === '' ? `chat-${conversation.id.slice(0, 8)}.md` : file)
    await saveConversation(conversation, path)
    ui.print(`Saved to ${path}.`)
    return undefined
  },
}

const resume: Command = {
  name: 'resume',
  usage: '/resume [ID]',
  summary: 'list earlier conversations, or go on with one',
  async run(start, chat) {
    const { ui, store, session } = chat
    if (start === '') {
      const all = await store.list()
      if (all.length === 0) ui.print('There is no earlier conversation.')
      else
        printRows(
          chat,
          all.map((one) => [`${one.id.slice(0, 8)}  ${day(one.updated_at)}`, titleOf(one)]),
        )
      return undefined
    }
    session.use(await store.find(start))
    printEnd(chat)
    return undefined
  },
}

/** The last messages of a conversation, so that a person knows where it stands. */
export function printEnd({ ui, session }: Pick<Chat, 'ui' | 'session'>): void {
  const { id, messages } = session.conversation()
  ui.print(ui.ink.dim(`Conversation ${id.slice(0, 8)}, ${messages.length} messages`))
  const said = messages.filter(({ role }) => role === 'user' || role === 'assistant')
  for (const message of said.slice(-shownMessages)) {
    const text = plain(textOf(message)).trim()
    if (text !== '') ui.print(`${message.role === 'user' ? '> ' : ''}${text}`)
  }
}

function day(moment: string): string {
  return moment.slice(0, 16).replace('T', ' ')
}

const fresh: Command = {
  name: 'new',
  usage: '/new',
  summary: 'begin a new conversation',
  async run(_, { ui, session }) {
    session.use(newConversation(session.model().id))
    ui.print('A new conversation.')
    return undefined
  },
}

const cost: Command = {
  name: 'cost',
  usage: '/cost',
  summary: 'say how many tokens this conversation took',
  async run(_, { ui, session }) {
    const { usage, rounds } = session.conversation()
    ui.print(
      `${usage.total_tokens} tokens: ${usage.prompt_tokens} read, ${usage.completion_tokens} written, in ${rounds} ${rounds === 1 ? 'answer' : 'answers'}.`,
    )
    return undefined
  },
}

const quit: Command = {
  name: 'quit',
  usage: '/quit',
  summary: 'leave; so do /exit, Ctrl-D, and Ctrl-C when nothing is typed',
  run: async () => 'leave',
}

const exit: Command = { ...quit, name: 'exit' }

export const talkCommands: readonly Command[] = [
  servers,
  model,
  allow,
  save,
  resume,
  fresh,
  cost,
  quit,
  exit,
]
