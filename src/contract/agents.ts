import { z } from 'zod'

/**
 * What a gateway and an agent say to each other over one WebSocket. Text messages are the frames below, as JSON.
 * Binary messages belong to a stream: a byte that says what it is (`streamFrames`), the number of the stream (32 bits,
 * big-endian), and the content. Only binary messages are counted, and sent again after a lost connection as far as
 * they have not arrived. Fields that are not named here are ignored, so that either side may be the newer one.
 */
export const agentSubprotocol = 'gantry-agent.1'
export const agentProtocol = 1
/** Ahead of the handshake: `Authorization: Agent ID`, or once `Authorization: Bearer TOKEN` to be enrolled. */
export const agentScheme = 'Agent'

export const streamFrames = {
  /** One MCP message. */
  message: 1,
  /** The gateway begins a conversation with the server of the agent that the content names. */
  open: 2,
  /** Either side ends one; the content says why. */
  close: 3,
} as const

/** Why a connection was closed, beyond the codes of WebSocket itself. */
export const agentCloseCodes = {
  /** A frame that breaks the protocol, or answers to what was never asked. */
  protocol: 4400,
  /** The signature is wrong, or was made for another challenge. */
  unauthenticated: 4401,
  /** The key is not enrolled, or is not the one of the claimed id. */
  forbidden: 4403,
  /** Nothing was said in the time there is for it. */
  tooLate: 4408,
  /** A newer connection of the same agent has taken its place. */
  superseded: 4409,
  /** It is held for a while because its key is used in two places at once. */
  held: 4429,
  /** The gateway is going away; come back. */
  goingAway: 4503,
} as const

const text = (longest: number) => z.string().min(1).max(longest)
const count = z.int().nonnegative()
const base64 = z.string().regex(/^[A-Za-z0-9_-]+$/)
const agentId = z.string().regex(/^[0-9a-f]{32}$/)

/** What the person at the agent calls it; any line of text. */
const displayName = text(64)

export const Challenge = z.object({
  type: z.literal('challenge'),
  protocol: z.int(),
  nonce: base64,
})
export type Challenge = z.infer<typeof Challenge>

export const Hello = z.object({
  type: z.literal('hello'),
  protocol: z.literal(agentProtocol),
  /** Follows from the key: the first 32 hexadecimal digits of its SHA-256. */
  id: agentId,
  /** The raw public key of Ed25519, 32 bytes. */
  key: base64.length(43),
  /** Of `signedText`. */
  signature: base64.length(86),
  /** The host name and port the agent dialled: a signature for one gateway is of no use at another. */
  audience: text(300),
  name: displayName,
  /** The session it had, and how many binary messages of it have arrived. */
  resume: z.object({ session: text(100), received: count }).optional(),
})
export type Hello = z.infer<typeof Hello>

export const Welcome = z.object({
  type: z.literal('welcome'),
  session: text(100),
  /** Whether the session of before goes on. */
  resumed: z.boolean(),
  /** How many binary messages of the resumed session have arrived. */
  received: count,
  /** Under which name its servers are shown. */
  name: z.string(),
  frameBytes: count,
})
export type Welcome = z.infer<typeof Welcome>

export const Offered = z.object({
  /** What the agent calls the server. */
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/),
  /** The era it speaks, when the agent knows; it is asked otherwise. */
  era: z.enum(['legacy', 'modern']).optional(),
})
export type Offered = z.infer<typeof Offered>

/** All servers the agent offers from now on, in place of those it offered before. */
export const Offer = z.object({ type: z.literal('offer'), servers: z.array(Offered).max(10_000) })
export type Offer = z.infer<typeof Offer>

/** How many binary messages have arrived in this session. */
export const Ack = z.object({ type: z.literal('ack'), received: count })

/** The sender is about to leave for good: nothing is to be waited for. */
export const Bye = z.object({ type: z.literal('bye'), reason: z.string().max(1000).optional() })

export const FromGateway = z.discriminatedUnion('type', [Challenge, Welcome, Ack, Bye])
export type FromGateway = z.infer<typeof FromGateway>

/** After the hello. */
export const FromAgent = z.discriminatedUnion('type', [Offer, Ack, Bye])
export type FromAgent = z.infer<typeof FromAgent>

/** What an agent signs to show that it has the key. */
export function signedText({
  nonce,
  audience,
  id,
}: {
  readonly nonce: string
  readonly audience: string
  readonly id: string
}): string {
  return ['gantry agent hello', String(agentProtocol), nonce, audience, id].join('\n')
}
