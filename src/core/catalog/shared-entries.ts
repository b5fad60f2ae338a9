import type { Entry } from './listing.ts'

interface Known {
  readonly bytes: WeakRef<Buffer>
  readonly name: string
}

/** Keeps what many servers say in the same words once: the same programs run on many machines. */
export class SharedEntries {
  /** By the text of the entry. */
  readonly #known = new Map<string, Known>()
  readonly #unused = new FinalizationRegistry<string>((text) => {
    if (this.#known.get(text)?.bytes.deref() === undefined) this.#known.delete(text)
  })

  get size(): number {
    return this.#known.size
  }

  /** The same entry, made of what is there already. */
  share(entry: Entry): Entry {
    const { server, name, bytes } = entry
    const text = bytes.toString('latin1')
    const known = this.#known.get(text)
    const kept = known?.bytes.deref()
    if (kept === bytes) return entry
    if (known && kept) return { server, name: known.name, bytes: kept }
    this.#known.set(text, { bytes: new WeakRef(bytes), name })
    this.#unused.register(bytes, text)
    return { server, name, bytes }
  }
}
