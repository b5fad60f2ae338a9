/**
 * The members of a JSON-RPC message that routing needs to see. Everything else is payload:
 * it is checked to be JSON and carried as bytes.
 */
export const Member = {
  jsonrpc: 0,
  id: 1,
  method: 2,
  params: 3,
  result: 4,
  error: 5,
  name: 6,
  uri: 7,
  arguments: 8,
  meta: 9,
  ref: 10,
  requestState: 11,
  inputResponses: 12,
  requestId: 13,
  progressToken: 14,
  cursor: 15,
  metaProgressToken: 16,
  protocolVersion: 17,
  clientCapabilities: 18,
  clientInfo: 19,
  logLevel: 20,
  subscriptionId: 21,
  resultType: 22,
  resultMeta: 23,
  resultState: 24,
  ttlMs: 25,
  cacheScope: 26,
  structuredContent: 27,
  content: 28,
  contents: 29,
  errorCode: 30,
  errorData: 31,
  serverInfo: 32,
  idempotencyKey: 33,
  traceparent: 34,
  tracestate: 35,
  isToolError: 36,
  consent: 37,
  conversation: 38,
  tainted: 39,
} as const
export type Member = (typeof Member)[keyof typeof Member]

const memberCount = 40

/** Where each `Member` lies: its start at `2 * member`, its end after it; -1 when absent. */
export type Spans = number[]

export const noSpans: Readonly<Spans> = Array.from({ length: memberCount * 2 }, () => -1)

const reserved = 'io.modelcontextprotocol/'

/** The `_meta` keys that belong to one hop and are rebuilt for the next. */
export const metaKeys = {
  protocolVersion: `${reserved}protocolVersion`,
  clientCapabilities: `${reserved}clientCapabilities`,
  clientInfo: `${reserved}clientInfo`,
  logLevel: `${reserved}logLevel`,
  subscriptionId: `${reserved}subscriptionId`,
  serverInfo: `${reserved}serverInfo`,
} as const

/** Names a call that must not run twice, however often it is sent. */
export const idempotencyKey = 'gantry/idempotencyKey'

/** What makes a call stricter: whether somebody is asked, in which conversation, and after what. */
export const consentKeys = {
  mode: 'gantry/consent',
  conversation: 'gantry/conversation',
  tainted: 'gantry/tainted',
} as const

/** One object whose keys are looked at, e.g. `params` or `params._meta`. */
interface TrackedObject {
  readonly byLength: readonly (readonly TrackedKey[])[]
}

export interface TrackedKey {
  readonly text: string
  readonly member: Member
  /** Which object the value is, when its own keys are looked at too. */
  readonly inside: number
}

/** Index 0 is "not looked at"; the root of a message is 1. */
export const rootObject = 1

const layout: readonly (readonly (readonly [string, Member, number?])[])[] = [
  [],
  [
    ['jsonrpc', Member.jsonrpc],
    ['id', Member.id],
    ['method', Member.method],
    ['params', Member.params, 2],
    ['result', Member.result, 4],
    ['error', Member.error, 6],
  ],
  [
    ['name', Member.name],
    ['uri', Member.uri],
    ['arguments', Member.arguments],
    ['_meta', Member.meta, 3],
    ['ref', Member.ref],
    ['requestState', Member.requestState],
    ['inputResponses', Member.inputResponses],
    ['requestId', Member.requestId],
    ['progressToken', Member.progressToken],
    ['cursor', Member.cursor],
  ],
  [
    ['progressToken', Member.metaProgressToken],
    [metaKeys.protocolVersion, Member.protocolVersion],
    [metaKeys.clientCapabilities, Member.clientCapabilities],
    [metaKeys.clientInfo, Member.clientInfo],
    [metaKeys.logLevel, Member.logLevel],
    [metaKeys.subscriptionId, Member.subscriptionId],
    [idempotencyKey, Member.idempotencyKey],
    [consentKeys.mode, Member.consent],
    [consentKeys.conversation, Member.conversation],
    [consentKeys.tainted, Member.tainted],
    ['traceparent', Member.traceparent],
    ['tracestate', Member.tracestate],
  ],
  [
    ['resultType', Member.resultType],
    ['_meta', Member.resultMeta, 5],
    ['requestState', Member.resultState],
    ['ttlMs', Member.ttlMs],
    ['cacheScope', Member.cacheScope],
    ['structuredContent', Member.structuredContent],
    ['content', Member.content],
    ['contents', Member.contents],
    ['isError', Member.isToolError],
  ],
  [[metaKeys.serverInfo, Member.serverInfo]],
  [
    ['code', Member.errorCode],
    ['data', Member.errorData],
  ],
]

const trackedObjects: readonly TrackedObject[] = layout.map((keys) => {
  const byLength: TrackedKey[][] = []
  for (const [text, member, inside = 0] of keys) {
    ;(byLength[text.length] ??= []).push({ text, member, inside })
  }
  return { byLength: Array.from(byLength, (list) => list ?? []) }
})

/** The key that lies between `start` and `end`, when its object is one that is looked at. */
export function trackedKey(
  object: number,
  bytes: Buffer,
  start: number,
  end: number,
): TrackedKey | undefined {
  const candidates = trackedObjects[object]?.byLength[end - start]
  if (candidates === undefined) return undefined
  for (const candidate of candidates) if (isSpelled(bytes, start, candidate.text)) return candidate
  return undefined
}

function isSpelled(bytes: Buffer, start: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[start + index] !== text.charCodeAt(index)) return false
  }
  return true
}
