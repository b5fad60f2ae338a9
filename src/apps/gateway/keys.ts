import type { AddedKey } from '../../access/key-book.ts'
import { addKey, revokeKey, summaryOf } from '../../access/key-book.ts'
import { isCovered, parseGrant } from '../../access/grant.ts'
import type { Principals } from '../../access/principals.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { KeyRecord, KeyRequest, KeySummary, NewKey } from '../../contract/keys.ts'
import type { KeyDesk } from '../../surfaces/rest/access.ts'
import { editKeys, keyFile, readKeys } from './key-file.ts'
import { readUses } from './key-uses.ts'

/** Makes a key; what is returned is the only place where it is. */
export async function makeKey(
  request: KeyRequest,
  check: (record: KeyRecord) => void = () => undefined,
  file = keyFile(),
): Promise<NewKey> {
  const now = Date.now()
  const { record, text } = await editKeys(file, (book): AddedKey => {
    const added = addKey(book, request, now)
    check(added.record)
    return added
  })
  return { key: text, ...summaryOf(record, now) }
}

export async function keysThereAre(file = keyFile()): Promise<readonly KeySummary[]> {
  const [book, uses] = await Promise.all([readKeys(file), readUses(file)])
  const now = Date.now()
  return book.map((record) => summaryOf(record, now, uses[record.id]))
}

/** From now on nobody gets in with it; a running gateway notices within a second. */
export async function endKey(id: string, file = keyFile()): Promise<KeySummary> {
  const now = Date.now()
  const { record } = await editKeys(file, (book) => revokeKey(book, id, now))
  return summaryOf(record, now)
}

/** Keys over REST: whoever makes one cannot give more than they have. */
export function createKeyDesk(principals: Principals): KeyDesk {
  return {
    list: () => keysThereAre(),
    create: (request, by) => makeKey(request, (record) => checkGift(record, principals, by)),
    revoke: (id) => endKey(id),
  }
}

function checkGift({ scopes, profile }: KeyRecord, principals: Principals, by: string): void {
  const { holding } = principals.rights(by)
  const isConfined = holding.profile !== undefined && holding.profile !== profile
  const excess = scopes.find((scope) => {
    const grant = parseGrant(scope)
    return isConfined || typeof grant === 'string' || !isCovered(grant, holding.grants)
  })
  if (excess !== undefined)
    throw new GatewayError('scope_missing', { principal: by, scope: excess })
}
