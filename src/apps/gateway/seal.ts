import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { Seal } from '../../core/routing/request-state.ts'

const nonceBytes = 12
const tagBytes = 16

/** AES-256-GCM under a key that lives as long as this process. */
export function createSeal(key = randomBytes(32)): Seal {
  return {
    seal(text) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')
    },
    open(sealed) {
      // One spelling only: base64 has bits at its end that mean nothing.
      const bytes = Buffer.from(sealed, 'base64url')
      if (bytes.length < nonceBytes + tagBytes || bytes.toString('base64url') !== sealed)
        return undefined
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes))
      decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
      try {
        const body = bytes.subarray(nonceBytes + tagBytes)
        return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
      } catch {
        // Not sealed by us, or altered: the caller gives one answer for both.
        return undefined
      }
    },
    digest: (text) => createHash('sha256').update(text).digest('base64url'),
  }
}
