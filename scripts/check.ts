/** Runs every check that needs no test runner, all of them, and sums up at the end. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Each is run with the Node that runs this script; a check fails by its exit code. */
const checks: Readonly<Record<string, readonly string[]>> = {
  types: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'],
  lint: ['node_modules/oxlint/bin/oxlint', '--type-aware'],
  format: ['node_modules/oxfmt/bin/oxfmt', '--check'],
  unused: ['node_modules/knip/bin/knip.js', '--no-progress'],
  docs: ['scripts/docs.ts', '--check'],
}

const wanted = process.argv.slice(2)
const results = Object.entries(checks)
  .filter(([name]) => wanted.length === 0 || wanted.includes(name))
  .map(([name, args]) => ({ name, passed: runCheck(name, args) }))

console.log('\nchecks')
for (const { name, passed } of results) console.log(`  ${passed ? 'passed' : 'FAILED'}  ${name}`)
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1

function runCheck(name: string, args: readonly string[]): boolean {
  console.log(`\n== ${name}`)
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status === 0
}
