import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { GatewayError } from '../../contract/gateway-error.ts'
import { Conversation } from './conversation.ts'

/** Conversations that are kept, each a file that only its owner may read. */
export interface ConversationStore {
  readonly save: (conversation: Conversation) => Promise<void>
  /** The newest first. */
  readonly list: () => Promise<readonly Conversation[]>
  /** The one whose id begins so; without a word the newest. */
  readonly find: (start: string | undefined) => Promise<Conversation>
}

const listed = 50

export function openStore(folder: string): ConversationStore {
  async function list(): Promise<readonly Conversation[]> {
    const names = await readdir(folder).catch(() => [])
    const read = await Promise.all(
      names.filter((name) => name.endsWith('.json')).map((name) => readKept(join(folder, name))),
    )
    return read
      .filter((one) => one !== undefined)
      .toSorted((one, other) => (one.updated_at < other.updated_at ? 1 : -1))
      .slice(0, listed)
  }

  return {
    list,
    async save(conversation) {
      if (conversation.messages.length === 0) return
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const file = join(folder, `${conversation.id}.json`)
      const next = `${file}.next`
      await writeFile(next, JSON.stringify(conversation), { mode: 0o600 })
      await rename(next, file)
    },
    async find(start) {
      const all = await list()
      const found = all.filter(({ id }) => start === undefined || id.startsWith(start))
      const [first, second] = found
      if (first && (start === undefined || !second)) return first
      throw new GatewayError('usage_invalid', {
        problem:
          start === undefined
            ? 'There is no conversation to resume yet'
            : `${first ? 'More than one' : 'No'} conversation has an id that begins with "${start}"`,
        remedy: 'In `gantry chat`, `/resume` lists them.',
      })
    },
  }
}

/** A file that is no conversation of ours is passed over. */
async function readKept(file: string): Promise<Conversation | undefined> {
  try {
    return Conversation.safeParse(JSON.parse(await readFile(file, 'utf8'))).data
  } catch {
    return undefined
  }
}
