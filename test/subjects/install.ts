import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

/** Folders with a lock of their own, and what stands in them. */
const folders = {
  [import.meta.dirname]: 'servers and clients',
  [resolve(import.meta.dirname, '../llm/programs')]: 'LLM programs',
}

/** Installs what the tests run against when it is missing or its lock changed; Vitest calls it. */
export async function setup(): Promise<void> {
  for (const [folder, what] of Object.entries(folders)) await install(folder, what)
}

async function install(folder: string, what: string): Promise<void> {
  const mark = join(folder, 'node_modules/.installed')
  const wanted = await hashOf(join(folder, 'package-lock.json'))
  if ((await readMark(mark)) === wanted) return

  process.stderr.write(`Installing the ${what} that the tests run against...\n`)
  // None of them needs its install scripts, so none gets to run one.
  await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    env: {
      ...process.env,
      PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
    },
    timeout: 300_000,
  })
  await writeFile(mark, wanted)
}

async function hashOf(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
}

/** The lock that is installed, or nothing. */
async function readMark(mark: string): Promise<string | undefined> {
  try {
    return await readFile(mark, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw cause
  }
}
