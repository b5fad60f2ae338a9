/** Prints the reference pages from the code: `npm run docs`. With `--check` it only says which are out of date. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { printCliReference } from '../src/apps/cli/reference.ts'
import { printConfigReference, printConfigSchema } from '../src/contract/config/print.ts'
import { printOpenApi } from '../src/contract/rest/openapi.ts'
import { chatRoutes } from '../src/contract/rest/chat.ts'
import { restPrefixes, restRoutes } from '../src/contract/rest/routes.ts'
import { version } from '../src/apps/gateway/version.ts'
import { printErrorReference } from './print-errors.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

const pages: Readonly<Record<string, () => string>> = {
  'docs/reference/errors.md': printErrorReference,
  'docs/reference/config.md': printConfigReference,
  'docs/reference/cli.md': printCliReference,
  'docs/reference/rest.json': () =>
    `${JSON.stringify(printOpenApi({ version, routes: [...restRoutes, ...chatRoutes], servers: restPrefixes }), null, 2)}\n`,
  'gantry.schema.json': printConfigSchema,
}

// Help texts are as wide as the terminal; pages are not.
process.stdout.columns = 80

const stale = Object.entries(pages)
  .map(([file, print]) => ({ file: path.join(root, file), text: print() }))
  .filter(({ file, text }) => textOf(file) !== text)

for (const { file, text } of stale) {
  if (process.argv.includes('--check')) {
    console.error(`${path.relative(root, file)} is out of date: run \`npm run docs\``)
    process.exitCode = 1
  } else {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
    console.log(`printed ${path.relative(root, file)}`)
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
