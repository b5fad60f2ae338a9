import { join } from 'node:path'
import { nameOfFile } from './files.ts'
import type { GrowingFile } from './growing-file.ts'
import { openGrowingFile } from './growing-file.ts'

export interface CurrentFileOptions {
  readonly rotateBytes: number
  readonly rotateMs: number
  /** The file is not there any more, or is another one. */
  readonly onProblem: (problem: string) => void
}

/** The file of a log that is written at the moment: another one when it is full, old or gone. */
export interface CurrentFile {
  /** Goes on with a file of an earlier run. */
  goOn(file: GrowingFile): void
  /** The file for the next lines, the first of which has this number. */
  next(
    folder: string,
    seq: number,
  ): Promise<{ readonly current: GrowingFile; readonly isNew: boolean }>
  close(): Promise<void>
}

/** How often it is made sure that the file is still there. */
const lookMs = 1000

export function createCurrentFile(options: CurrentFileOptions): CurrentFile {
  const { rotateBytes, rotateMs, onProblem } = options
  let file: GrowingFile | undefined
  let lookedAtMs = 0

  async function look(nowMs: number): Promise<void> {
    if (!file || nowMs - lookedAtMs < lookMs) return
    lookedAtMs = nowMs
    if (await file.isThere()) return
    onProblem(`${file.path} was removed, replaced or cut`)
    await close()
  }

  async function close(): Promise<void> {
    const done = file
    file = undefined
    await done?.[Symbol.asyncDispose]()
  }

  return {
    goOn(earlier) {
      file = earlier
    },
    async next(folder, seq) {
      const nowMs = Date.now()
      await look(nowMs)
      const isOver = file && (file.sizeBytes >= rotateBytes || nowMs - file.begunAtMs >= rotateMs)
      if (isOver && file && file.sizeBytes > 0) await close()
      if (file) return { current: file, isNew: false }
      const path = join(folder, nameOfFile(seq))
      file = await openGrowingFile({ path, sizeBytes: 0, begunAtMs: nowMs })
      return { current: file, isNew: true }
    },
    close,
  }
}
