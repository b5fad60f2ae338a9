import { z } from 'zod'

const keyName = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/
const reservedNames = new Set(['local', 'nobody', 'gantry', 'constructor', 'prototype'])

/** Who a key is for; two keys of one name are the same principal. */
export const KeyName = z
  .string()
  .regex(keyName, {
    error: 'use 1 to 64 letters, digits, "_", ".", "@" or "-", beginning with a letter or a digit',
  })
  .refine((name) => !reservedNames.has(name), {
    error: 'choose another name, this one is reserved',
  })

const time = z.iso.datetime()
const described = {
  id: z.string().regex(/^[0-9a-f]{12}$/),
  name: KeyName,
  scopes: z.array(z.string()).readonly(),
  profile: z.string().exactOptional().describe('It is good for this profile only.'),
  created_at: time,
  expires_at: time.exactOptional(),
  revoked_at: time.exactOptional(),
}

/** A key as it is kept: of the key itself only a digest. */
export const KeyRecord = z
  .strictObject({ ...described, digest: z.string().regex(/^[\w-]{43}$/) })
  .readonly()
export type KeyRecord = z.infer<typeof KeyRecord>

/** The file of the keys. */
export const KeyFile = z
  .strictObject({ version: z.literal(1), keys: z.array(KeyRecord).readonly() })
  .readonly()

/** A key as it is told: `GET /api/keys`. */
export const KeySummary = z
  .object({
    ...described,
    state: z.enum(['active', 'expired', 'revoked']),
    last_used: time.exactOptional().describe('When it was last used, to the hour.'),
  })
  .readonly()
  .meta({ id: 'KeySummary' })
export type KeySummary = z.infer<typeof KeySummary>

export const KeyRequest = z
  .strictObject({
    name: KeyName,
    scopes: z.array(z.string()).min(1).readonly().exactOptional(),
    profile: z.string().exactOptional(),
    expires_in_ms: z.int().positive().max(3_155_760_000_000).exactOptional(),
  })
  .readonly()
  .meta({ id: 'KeyRequest' })
export type KeyRequest = z.infer<typeof KeyRequest>

/** A new key; it cannot be shown again. */
export const NewKey = z
  .object({ key: z.string(), ...KeySummary.unwrap().shape })
  .readonly()
  .meta({ id: 'NewKey' })
export type NewKey = z.infer<typeof NewKey>
