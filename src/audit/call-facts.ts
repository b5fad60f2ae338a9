import type { Asked, BegunLine, Ending } from '../core/audit/journal.ts'
import { fromUtf8 } from '../wire/bytes.ts'
import type { Digest } from './digest.ts'
import type { Entry } from './line.ts'
import { shownArguments, shownUri } from './shown-arguments.ts'

export interface FactsOptions {
  readonly digest: Digest
  /** Masks secrets of the configuration; undefined where arguments are not written down at all. */
  readonly hideInArguments: ((text: string) => string) | undefined
}

/** Describes calls, in the order in which it stands in the line. Every call passes here: nothing is made twice. */
export interface CallFacts {
  begun(asked: Asked): Entry
  ended(asked: Asked, ending: Ending, begun: BegunLine | undefined): Entry
}

const longestText = 256
const sessionLength = 16

export function createFacts({ digest, hideInArguments }: FactsOptions): CallFacts {
  const session = { id: '', digest: '' }

  /** An id lets its owner go on with a session, so it is not shown to those who read about it. */
  function sessionOf(id: string): string {
    if (session.id !== id) {
      session.id = id
      session.digest = digest(Buffer.from(id)).slice(0, sessionLength)
    }
    return session.digest
  }

  function who(asked: Asked): string {
    const { request, server, target, subject } = asked
    let text = `"principal":${quoted(asked.principal)}`
    if (asked.session !== undefined) text += `,"session":"${sessionOf(asked.session)}"`
    if (request !== undefined) text += `,"request":${quoted(fromUtf8(request))}`
    text += `,"method":"${asked.method}"`
    if (server !== undefined) text += `,"server":${quoted(server)}`
    if (target !== undefined) text += named(asked.method, target)
    return subject === undefined ? text : text + given(asked.method, subject)
  }

  function given(method: string, subject: Buffer): string {
    const digested = `,"arguments_digest":"${digest(subject)}"`
    return hideInArguments === undefined || method === 'resources/read'
      ? digested
      : `${digested},"arguments":${JSON.stringify(shownArguments(subject, hideInArguments))}`
  }

  return {
    begun: (asked) => ({ type: 'begun', timeMs: Date.now(), told: who(asked) }),
    ended: (asked, ending, begun) => ({
      type: 'call',
      timeMs: Date.now(),
      told: who(asked) + cameTo(ending, asked.requestBytes, begun),
    }),
  }
}

function cameTo(ending: Ending, requestBytes: number, begun: BegunLine | undefined): string {
  const { decision, code } = ending
  const decided = decision === undefined ? '' : `,"decision":"${decision}"${consented(ending)}`
  const coded = code === undefined ? '' : `,"code":${quoted(code)}`
  const since = begun === undefined ? '' : `,"begun":${begun}`
  const durationMs = Math.round(ending.durationMs * 1000) / 1000
  return `${decided},"outcome":"${ending.outcome}","executed":"${ending.executed}"${coded},"duration_ms":${durationMs},"request_bytes":${requestBytes},"reply_bytes":${ending.replyBytes},"attempts":${ending.attempts}${since}`
}

/** Which rule decided, and who let the call through or did not. */
function consented({ consent }: Ending): string {
  if (consent === undefined) return ''
  const { rule, reason, id, how, scope, by } = consent
  const ruled = rule === undefined ? '' : `,"rule":${quoted(rule)}`
  if (reason === undefined) return ruled
  const told = `${ruled},"reason":${quoted(reason)}`
  if (id === undefined && how === undefined) return told
  return `${told},"approval":${JSON.stringify({ id, how, scope, by })}`
}

function named(method: string, target: string): string {
  if (method === 'resources/read') return `,"uri":${quoted(shownUri(target))}`
  return method === 'prompts/get' ? `,"prompt":${quoted(target)}` : `,"tool":${quoted(target)}`
}

function quoted(text: string): string {
  return JSON.stringify(text.length <= longestText ? text : `${text.slice(0, longestText)}…`)
}
