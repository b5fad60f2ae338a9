import { lstat, readlink } from 'node:fs/promises'
import path from 'node:path'

import { absent, stampOf } from '../config/stamp.ts'

export interface WatchOptions {
  /** The stamp of what was read last; a file that is different by the time it is watched has changed. */
  readonly known?: string | undefined
  /** The file is another one, and whoever writes it has finished. */
  readonly onChange: () => void
  /** Changes may go unseen from now on. */
  readonly onFault: (error: unknown) => void
  readonly pauseMs?: number
}

const linkLimit = 40

/**
 * Watches one file through everything that editors, tools and mounted volumes do to it: written in place, replaced
 * by renaming, deleted and made again, reached over links of which one is turned elsewhere.
 */
export async function watchConfig(file: string, options: WatchOptions): Promise<AsyncDisposable> {
  const { onChange, onFault, pauseMs = 300 } = options
  const { watch } = await import('chokidar')
  let seen = options.known ?? (await stampOf(file))
  let candidate: string | undefined
  let timer: NodeJS.Timeout | undefined
  let places = await placesOf(file)
  const isPlace = (name: string) =>
    places.some((place) => place === name || path.dirname(place) === name)
  let watched = new Set(foldersOf(places))
  const watcher = watch([...watched], {
    depth: 0,
    followSymlinks: false,
    ignoreInitial: true,
    persistent: false,
    ignored: (name) => !isPlace(path.resolve(name)),
  })

  function watchNew(folders: readonly string[]): void {
    for (const folder of folders) if (!watched.has(folder)) watcher.add(folder)
    watched = new Set(folders)
  }

  /** Events are only hints: what counts is what is there, seen the same twice. */
  async function look(): Promise<void> {
    timer = undefined
    const stamp = await stampOf(file)
    places = await placesOf(file)
    if (watcher.closed) return
    watchNew(foldersOf(places))
    if (stamp === undefined || stamp === seen) return
    if (stamp !== candidate) {
      candidate = stamp
      return lookSoon()
    }
    seen = stamp
    onChange()
  }

  function lookSoon(): void {
    timer ??= setTimeout(() => void look().catch(onFault), pauseMs).unref()
  }

  watcher.on('all', lookSoon).on('error', onFault)
  await new Promise<void>((resolve) => void watcher.once('ready', resolve))
  lookSoon()

  return {
    async [Symbol.asyncDispose]() {
      clearTimeout(timer)
      await watcher.close()
      clearTimeout(timer)
    },
  }
}

/** Every link on the way to the file, and the file, each where it really is; as far as they exist. */
async function placesOf(file: string): Promise<readonly string[]> {
  const { root } = path.parse(path.resolve(file))
  let rest = partsOf(file)
  let folder = root
  const places: string[] = []
  for (let links = 0; links < linkLimit;) {
    const [part, ...further] = rest
    if (part === undefined) break
    const place = path.join(folder, part)
    const stats = await lstat(place).catch(absent)
    if (!stats || further.length === 0 || stats.isSymbolicLink()) places.push(place)
    if (!stats) break
    if (!stats.isSymbolicLink()) {
      folder = place
      rest = further
      continue
    }
    links += 1
    const target = path.resolve(folder, await readlink(place))
    rest = [...partsOf(target), ...further]
    folder = root
  }
  return places
}

function partsOf(file: string): readonly string[] {
  const absolute = path.resolve(file)
  return absolute
    .slice(path.parse(absolute).root.length)
    .split(path.sep)
    .filter((part) => part !== '')
}

function foldersOf(places: readonly string[]): string[] {
  return [...new Set(places.map((place) => path.dirname(place)))]
}
