import type { ByteText, Payload } from '../../wire/bytes.ts'
import { Member } from '../../wire/members.ts'
import type { Message } from '../../wire/message.ts'
import { partNamed } from '../../wire/walk.ts'
import type { LogLevel } from '../call/era.ts'
import { isLogLevel, logLevels } from '../call/era.ts'

/** A progress report under the client's own token, exactly as it spelled it. */
export function withToken(notification: Message, token: ByteText): Payload {
  const start = notification.start(Member.progressToken)
  return notification.splice([{ start, end: notification.end(Member.progressToken), text: token }])
}

export function isSevere(notification: Message, least: LogLevel): boolean {
  const level = levelIn(notification)
  return isLogLevel(level) && logLevels.indexOf(level) >= logLevels.indexOf(least)
}

/** What `params.level` says. */
export function levelIn(message: Message): string | undefined {
  const params = message.slice(Member.params)
  const part = params && partNamed(params, 'level')
  return part && params.toString('latin1', part.start + 1, part.end - 1)
}
