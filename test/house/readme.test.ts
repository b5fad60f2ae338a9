import { globSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect } from 'vitest'
import { bareEnvironment } from '../kit/bare-environment.ts'
import { spawnUntilReady, type Spawned } from '../kit/spawned.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { root, run } from './clone.ts'

/**
 * Pages show output in blocks that name their command. Here each is run again and must have the shape that is
 * shown: numbers may differ, words may not. `UPDATE_OUTPUTS=1` writes what the commands print into the pages.
 */
const block = /<!-- output: (?<command>[^\n]+) -->\n+```text\n(?<shown>[\s\S]*?)```\n+<!-- end -->/g
const pages = ['README.md', ...globSync('docs/guide/*.md', { cwd: root })]

verifies(
  'house:readme:real-output',
  'every output that a page shows has the shape of what its command prints',
  async () => {
    await using folder = await createTempFolder()
    await using up = await startWithoutConfig(folder.path)

    for (const page of pages) {
      const file = path.join(root, page)
      const text = await readFile(file, 'utf8')
      const printed = await reprint(text, (command) => outputOf(command, up, folder.path))
      if (process.env['UPDATE_OUTPUTS']) await writeFile(file, printed)

      expect(shapeOf(process.env['UPDATE_OUTPUTS'] ? printed : text), page).toBe(shapeOf(printed))
    }
  },
  120_000,
)

async function reprint(text: string, print: (command: string) => Promise<string>): Promise<string> {
  let printed = text
  for (const { 0: whole, groups } of text.matchAll(block)) {
    const command = groups?.['command'] ?? ''
    const fence = `\`\`\`text\n${await print(command)}\n\`\`\``
    printed = printed.replace(
      whole,
      () => `<!-- output: ${command} -->\n\n${fence}\n\n<!-- end -->`,
    )
  }
  return printed
}

function startWithoutConfig(folder: string): Promise<Spawned> {
  return spawnUntilReady({
    command: path.join(root, 'bin/gantry'),
    args: ['up', '--port', '0'],
    cwd: folder,
    env: environmentIn(folder),
    readyWhen: /^ {2}ready .+\n/m,
    readyTimeoutMs: 60_000,
  })
}

/** What a command prints, on both outputs, as on the port that is the default. */
async function outputOf(command: string, up: Spawned, folder: string): Promise<string> {
  const port = /127\.0\.0\.1:(\d+)/.exec(up.stdout())?.[1] ?? ''
  const asShown = (text: string): string =>
    text.replaceAll(`:${port}`, ':7420').replace(/^\n+/, '').trimEnd()
  if (command === 'npm start') return asShown(up.stdout())

  const env = {
    ...environmentIn(folder),
    PATH: `${path.join(root, 'bin')}${path.delimiter}${process.env['PATH']}`,
    GANTRY_URL: `http://127.0.0.1:${port}`,
  }
  const typed = command.replaceAll('./bin/gantry', 'gantry')
  const { stdout, stderr } = await run('sh', ['-c', typed], { cwd: folder, env })
  return `$ ${command}\n${asShown(stderr + stdout)}`
}

function environmentIn(folder: string): Readonly<Record<string, string>> {
  return { ...bareEnvironment(folder), XDG_STATE_HOME: path.join(folder, 'state') }
}

/** Times, counts and the widths that follow from them are free. */
function shapeOf(text: string): string {
  return text.replace(/\d+(?:\.\d+)*/g, '0').replace(/[ \t]+/g, ' ')
}
