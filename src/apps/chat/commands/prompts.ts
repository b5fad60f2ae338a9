import { GatewayError } from '../../../contract/gateway-error.ts'
import { plain, plainLine } from '../../../kit/plain.ts'
import type { Chat, Command } from '../chat.ts'
import { promptMessages } from '../content.ts'
import { textOf } from '../conversation.ts'
import { listPrompts } from '../lists.ts'
import type { Prompt } from '../lists.ts'
import { splitWords } from '../../../kit/split-words.ts'
import { found, printRows } from './offers.ts'

const prompts: Command = {
  name: 'prompts',
  usage: '/prompts',
  summary: 'list the prompts',
  async run(_, chat) {
    const all = await listPrompts(chat.link, chat.signal)
    if (all.length === 0) chat.ui.print('No prompts are offered.')
    else
      printRows(
        chat,
        all.map((one) => [signature(one), one.description ?? '']),
      )
    return undefined
  },
}

const prompt: Command = {
  name: 'prompt',
  usage: '/prompt NAME [key=value…]',
  summary: 'say a prompt: its messages go to the model',
  async run(rest, chat) {
    const messages = await messagesOf(rest, chat)
    if (!messages) return undefined
    print(messages, chat)
    chat.session.attach(messages)
    await chat.say(undefined)
    return undefined
  },
}

export const promptCommands: readonly Command[] = [prompts, prompt]

/** Prints a prompt and sends nothing. */
export async function showPrompt(rest: string, chat: Chat): Promise<void> {
  const messages = await messagesOf(rest, chat)
  if (messages) print(messages, chat)
}

type Messages = ReturnType<typeof promptMessages>

async function messagesOf(rest: string, chat: Chat): Promise<Messages | undefined> {
  const [name = '', ...pairs] = splitWords(rest)
  if (name === '') {
    const remedy = '`/prompts` lists them.'
    throw new GatewayError('usage_invalid', { problem: 'The name of a prompt is missing', remedy })
  }
  const { link, signal } = chat
  const one = found(name, await listPrompts(link, signal), 'prompt')
  const given = await withMissing(one, givenIn(one, pairs), chat)
  if (!given) return undefined
  const params = JSON.stringify({ name, arguments: Object.fromEntries(given) })
  return promptMessages(await link.request('prompts/get', params, { signal }))
}

function givenIn(one: Prompt, pairs: readonly string[]): ReadonlyMap<string, string> {
  const given = pairs.map((pair): [string, string] => {
    const at = pair.indexOf('=')
    if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)]
    throw new GatewayError('usage_invalid', {
      problem: `"${pair}" is not an argument`,
      remedy: `It takes key=value for each of ${signature(one)}.`,
    })
  })
  return new Map(given)
}

/** Asks for the arguments that were not given; undefined when the person leaves. */
async function withMissing(
  one: Prompt,
  given: ReadonlyMap<string, string>,
  { ui, signal }: Chat,
): Promise<ReadonlyMap<string, string> | undefined> {
  const missing = one.arguments.filter(({ name }) => !given.has(name))
  if (missing.every(({ required }) => !required)) return given
  return ui.asking(async ({ print: say, read }) => {
    const all = new Map(given)
    for (const { name, description, required } of missing) {
      if (description !== undefined) say(`  ${ui.ink.dim(plainLine(description))}`)
      const hint = required ? '' : ' (may be empty)'
      const answer = await read(`  ${plainLine(name)}${hint} > `, signal)
      if (answer === undefined) return undefined
      if (answer !== '' || required) all.set(name, answer)
    }
    return all
  })
}

function print(messages: Messages, { ui }: Chat): void {
  for (const message of messages) {
    ui.print(`${ui.ink.bold(`${message.role.toUpperCase()}:`)}\n${plain(textOf(message))}`)
  }
}

function signature({ name, arguments: all }: Prompt): string {
  const shown = all.map((one) => `${one.name}${one.required ? '' : '?'}`)
  return `${name}(${shown.join(', ')})`
}
