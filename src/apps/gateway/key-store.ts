import type { KeyBook } from '../../access/key-book.ts'
import type { KeyRing } from '../../access/key-ring.ts'
import { createKeyRing } from '../../access/key-ring.ts'
import type { Log } from '../../core/observe/log.ts'
import { stampOf } from '../config/stamp.ts'
import { readKeys } from './key-file.ts'
import { createKeyUses } from './key-uses.ts'
import { watchConfig } from './watch-config.ts'

/** The keys a running gateway accepts: it follows their file. */
export interface KeyStore extends AsyncDisposable {
  readonly ring: KeyRing
  /** Told after each change of what is good. */
  onChange: (() => void) | undefined
  /** Reads the keys and follows them from then on. Rejects with `keys_unreadable`; then none is good. */
  open(): Promise<void>
  used(key: string): void
}

const turnMs = 1000

export function createKeyStore(file: string, log: Log): KeyStore {
  const uses = createKeyUses(file, log)
  const held = new DisposableStack()
  let book: KeyBook = []
  let ring = createKeyRing(book, Date.now())
  let reading: Promise<void> = Promise.resolve()

  function accept(next: KeyBook): void {
    book = next
    ring = createKeyRing(book, Date.now())
    store.onChange?.()
  }

  async function read(): Promise<void> {
    try {
      accept(await readKeys(file))
    } catch (error) {
      accept([])
      throw error
    }
  }

  /** One after the other, so that the newest is what counts. */
  function readAgain(): void {
    reading = reading.then(read).catch((error: unknown) => log.error('keys_unreadable', { error }))
  }

  const store: KeyStore = {
    get ring() {
      return ring
    },
    onChange: undefined,
    async open() {
      const known = await stampOf(file).catch(() => undefined)
      held.use(watchConfig(file, { known, onChange: readAgain, onFault: unwatched(log) }))
      const expiry = setInterval(() => Date.now() >= ring.endsAtMs && accept(book), turnMs).unref()
      held.defer(() => clearInterval(expiry))
      uses.follow()
      await read()
    },
    used: (key) => uses.used(key),
    async [Symbol.asyncDispose]() {
      held.dispose()
      await reading
      await uses[Symbol.asyncDispose]()
    },
  }
  return store
}

function unwatched(log: Log): (error: unknown) => void {
  return (error) => log.warn('keys_unwatched', { error })
}
