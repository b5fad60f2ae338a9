import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder that is removed with its owner. */
export interface TempFolder extends AsyncDisposable {
  readonly path: string
}

export async function createTempFolder(): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), 'gantry-'))
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  }
}

/** Gives a test a folder of its own. */
export function inTempFolder(prove: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    await using folder = await createTempFolder()
    await prove(folder.path)
  }
}
