#!/usr/bin/env -S node --max-semi-space-size=4 --no-allocation-site-pretenuring
// Old syntax above the import: an old Node must get far enough to say what to do.
var major = Number(process.versions.node.split('.')[0])

if (major < 24) {
  process.stderr.write(
    'gantry needs Node 24 or later; this is Node ' +
      process.versions.node +
      '\n→ npx -y -p node@26 -p gantry gantry ' +
      process.argv.slice(2).join(' ') +
      '\n',
  )
  process.exit(1)
}

var module = await import('node:module')
// Compiled code is kept, so that the next start takes a quarter less: beside the program, because in the
// shared temporary folder others could plant theirs.
module.enableCompileCache(import.meta.dirname + '/../.cache/compile')
await import('../dist/apps/cli/main.js')
