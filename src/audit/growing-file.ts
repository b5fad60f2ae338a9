import { open, stat } from 'node:fs/promises'

/** A file to which whole lines are added. */
export interface GrowingFile extends AsyncDisposable {
  readonly path: string
  readonly begunAtMs: number
  readonly sizeBytes: number
  /** Adds all of it or nothing; with `sync` it is on the disk when this resolves. */
  append(bytes: Buffer, sync: boolean): Promise<void>
  /** Whether the file is still the one under its name. */
  isThere(): Promise<boolean>
}

export interface Grown {
  readonly path: string
  readonly begunAtMs: number
  /** What is behind this is half a line, and is cut off. */
  readonly sizeBytes: number
}

export async function openGrowingFile({ path, begunAtMs, ...grown }: Grown): Promise<GrowingFile> {
  let { sizeBytes } = grown
  const handle = await open(path, 'a', 0o600)
  const { ino, size } = await handle.stat()
  let isTorn = size !== sizeBytes

  async function mend(): Promise<void> {
    await handle.truncate(sizeBytes)
    isTorn = false
  }

  return {
    path,
    begunAtMs,
    get sizeBytes() {
      return sizeBytes
    },
    async append(bytes, sync) {
      if (isTorn) await mend()
      try {
        isTorn = true
        await handle.appendFile(bytes)
        if (sync) await handle.datasync()
        sizeBytes += bytes.length
        isTorn = false
      } catch (cause) {
        // Where this fails too it is tried again before anything else is written.
        await mend().catch(() => undefined)
        throw cause
      }
    },
    async isThere() {
      const there = await stat(path).catch(() => undefined)
      return there?.ino === ino && there.size >= sizeBytes
    },
    [Symbol.asyncDispose]: () => handle.close(),
  }
}
