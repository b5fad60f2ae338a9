import type { KeyObject } from 'node:crypto'
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
} from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { signedText } from '../../contract/agents.ts'
import { GatewayError } from '../../contract/gateway-error.ts'

/** Who this agent is: whoever has the file is this agent. */
export interface AgentKey {
  /** Follows from the public key. */
  readonly id: string
  /** The raw public key, in base64url. */
  readonly publicKey: string
  sign(challenge: { readonly nonce: string; readonly audience: string }): string
}

/** Reads the key, or makes one that only its owner can read. */
export function openAgentKey(file: string): AgentKey {
  try {
    return keyFrom(createPrivateKey(readOrCreate(file)))
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new GatewayError('agent_key_unusable', { file, reason }, { cause })
  }
}

function readOrCreate(file: string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  try {
    writeFileSync(file, pem, { mode: 0o600, flag: 'wx' })
    return pem
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  const isOpenToOthers = process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0
  if (isOpenToOthers)
    throw new GatewayError('agent_key_unusable', { file, reason: 'others may read it' })
  return readFileSync(file, 'utf8')
}

function keyFrom(privateKey: KeyObject): AgentKey {
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('it is no Ed25519 key')
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const raw = der.subarray(-32)
  const id = createHash('sha256').update(raw).digest('hex').slice(0, 32)
  return {
    id,
    publicKey: raw.toString('base64url'),
    sign: ({ nonce, audience }) =>
      sign(undefined, Buffer.from(signedText({ nonce, audience, id })), privateKey).toString(
        'base64url',
      ),
  }
}
