import { writeFile } from 'node:fs/promises'

import { GatewayError } from '../../contract/gateway-error.ts'
import { plain } from '../../kit/plain.ts'
import type { Conversation } from './conversation.ts'
import { textOf, titleOf } from './conversation.ts'

/** Writes a conversation into a file that was not there before: JSON by that ending, else Markdown. */
export async function saveConversation(conversation: Conversation, file: string): Promise<void> {
  const text = file.endsWith('.json')
    ? `${JSON.stringify(conversation, null, 2)}\n`
    : printMarkdown(conversation)
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    const reason = isThere ? 'it is there already' : String(cause)
    throw new GatewayError('usage_invalid', {
      problem: `${file} cannot be written: ${reason}`,
      remedy: 'Name another file.',
    })
  }
}

export function printMarkdown(conversation: Conversation): string {
  const { id, model, updated_at: at } = conversation
  const head = `# ${plain(titleOf(conversation)).slice(0, 80) || 'Conversation'}\n\n${id}, ${model}, ${at}`
  const parts = conversation.messages.flatMap((message) => {
    const calls = (message.tool_calls ?? []).map(
      ({ function: called }) => `\`${called.name}\`\n\n${fenced(called.arguments, 'json')}`,
    )
    const text = plain(textOf(message))
    const body = message.role === 'tool' ? fenced(text, 'text') : text
    return [`## ${message.role}`, ...(body.trim() === '' ? [] : [body]), ...calls]
  })
  return `${[head, ...parts].join('\n\n')}\n`
}

/** A fence that is longer than any in the text, which therefore cannot end it. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text.replace(/\n$/, '')}\n${fence}`
}
