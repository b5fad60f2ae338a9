import { hash, verify } from 'node:crypto'
import { promisify } from 'node:util'
import { agentCloseCodes, signedText } from '../../contract/agents.ts'
import type { Hello } from '../../contract/agents.ts'

/** The head of an Ed25519 public key in DER; the 32 bytes of the key follow. */
const derHead = Buffer.from('302a300506032b6570032100', 'hex')

/** The id of whoever has this key. */
export function agentIdOf(key: Buffer): string {
  return hash('sha256', key, 'hex').slice(0, 32)
}

const verified = promisify(verify)

/** What is wrong with a hello, as code and reason of the close; undefined when it proves what it says. */
export async function faultIn(
  { id, key, signature, audience }: Hello,
  nonce: string,
): Promise<{ readonly code: number; readonly reason: string } | undefined> {
  const bytes = Buffer.from(key, 'base64url')
  if (bytes.length !== 32 || agentIdOf(bytes) !== id)
    return { code: agentCloseCodes.forbidden, reason: 'the id is not the one of the key' }
  const publicKey = { key: Buffer.concat([derHead, bytes]), format: 'der', type: 'spki' } as const
  const signed = Buffer.from(signedText({ nonce, audience, id }))
  // Beside the loop: of thousands who come at once it is a fifth of the work.
  if (!(await verified(undefined, signed, publicKey, Buffer.from(signature, 'base64url'))))
    return { code: agentCloseCodes.unauthenticated, reason: 'the signature is not valid here' }
  return undefined
}
