import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

const idBytes = 6
const secretBytes = 32
const form = /^gk_([0-9a-f]{12})_[\w-]{43}$/

/** A key nobody can guess; what is kept of it is its digest. */
export function createKey(): { readonly id: string; readonly text: string } {
  const id = randomBytes(idBytes).toString('hex')
  return { id, text: `gk_${id}_${randomBytes(secretBytes).toString('base64url')}` }
}

/** Under what the key is kept; undefined for what cannot be a key. */
export function idOfKey(text: string): string | undefined {
  return form.exec(text)?.[1]
}

export function digestOf(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** Compares in a time that does not depend on where the two differ. */
export function isSameDigest(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
