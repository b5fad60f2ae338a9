import type { ChatMessage } from '../contract/chat.ts'

/** The text of a message, whatever else is in it. */
export function plainText(message: Pick<ChatMessage, 'content'> | undefined): string {
  const content = message?.content
  if (!Array.isArray(content)) return content ?? ''
  return content.map((part) => (typeof part['text'] === 'string' ? part['text'] : '')).join('')
}
