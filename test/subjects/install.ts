import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'

const folder = import.meta.dirname
const mark = join(folder, 'node_modules/.installed')

/** Installs the locked servers, clients and suites when they are missing or the lock changed; Vitest calls it. */
export async function setup(): Promise<void> {
  const wanted = await hashOf(join(folder, 'package-lock.json'))
  if ((await readMark()) === wanted) return

  process.stderr.write('Installing the servers and clients that the tests run against...\n')
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
async function readMark(): Promise<string | undefined> {
  try {
    return await readFile(mark, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw cause
  }
}
