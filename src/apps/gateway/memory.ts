import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerConfig } from '../../contract/config.ts'
import { entryFrom } from '../../core/catalog/listing.ts'
import type { Listing } from '../../core/catalog/listing.ts'
import type { Remembered } from '../../core/routing/server.ts'
import type { Greeting, ListKind } from '../../core/routing/upstream.ts'

/** What servers offered last time, so that lists answer before any of them runs. */
export interface Memory extends AsyncDisposable {
  recall(config: ServerConfig): Remembered | undefined
  remember(config: ServerConfig, remembered: Remembered): void
}

interface Saved {
  readonly format: 1
  readonly greeting: Greeting
  readonly listings: Readonly<Record<ListKind, SavedListing>>
}

interface SavedListing {
  /** Each entry as the text its server wrote. */
  readonly entries: readonly string[]
  readonly ttlMs: number
  readonly cacheScope: 'public' | 'private'
}

/** One file a server, named by its configuration: a changed entry begins with an empty memory. */
export function createMemory(folder: string): Memory {
  let writing: Promise<void> = Promise.resolve()
  mkdirSync(folder, { recursive: true, mode: 0o700 })

  const fileFor = (config: ServerConfig) => {
    const digest = createHash('sha256').update(JSON.stringify(config)).digest('hex').slice(0, 16)
    return join(folder, `${config.name}-${digest}.json`)
  }

  return {
    recall(config) {
      try {
        const saved: Saved = JSON.parse(readFileSync(fileFor(config), 'utf8'))
        return fromSaved(config.name, saved)
      } catch {
        // Nothing remembered, or nothing that can be read: the server is asked again.
        return undefined
      }
    },
    remember(config, remembered) {
      const file = fileFor(config)
      const text = JSON.stringify(toSaved(remembered))
      writing = writing
        .then(() => writeFile(`${file}.${process.pid}.tmp`, text, { mode: 0o600 }))
        .then(() => rename(`${file}.${process.pid}.tmp`, file))
        // Losing the memory costs a slower start, nothing else.
        .catch(() => undefined)
    },
    [Symbol.asyncDispose]: () => writing,
  }
}

function toSaved({ greeting, listings }: Remembered): Saved {
  const saved = byKind((kind) => {
    const { entries, ttlMs, cacheScope } = listings[kind]
    return { entries: entries.map(({ bytes }) => bytes.toString('utf8')), ttlMs, cacheScope }
  })
  return { format: 1, greeting, listings: saved }
}

function byKind<Value>(make: (kind: ListKind) => Value): Readonly<Record<ListKind, Value>> {
  return {
    tools: make('tools'),
    prompts: make('prompts'),
    resources: make('resources'),
    templates: make('templates'),
  }
}

function fromSaved(server: string, saved: Saved): Remembered | undefined {
  if (saved.format !== 1) return undefined
  const listings = byKind<Listing>((kind) => {
    const { entries, ttlMs, cacheScope } = saved.listings[kind]
    return {
      entries: entries.flatMap((text) => entryFrom(server, kind, Buffer.from(text))),
      ttlMs,
      cacheScope,
    }
  })
  return { greeting: saved.greeting, listings }
}
