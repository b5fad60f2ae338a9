import { parseArgs } from 'node:util'

import { serveHttp } from './server/http.ts'
import type { EchoOptions } from './server/replies.ts'
import { serveStdio } from './server/stdio.ts'

/** Its CPU is left out of the subject's process tree by this name. */
process.title = 'bench-echo'

const { values } = parseArgs({
  options: {
    stdio: { type: 'boolean', default: false },
    port: { type: 'string', default: '0' },
    tools: { type: 'string', default: '0' },
    era: { type: 'string', default: 'legacy' },
    prefix: { type: 'string', default: '' },
  },
})

const options: EchoOptions = {
  tools: Number(values.tools),
  era: values.era === 'modern' || values.era === 'both' ? values.era : 'legacy',
  prefix: values.prefix,
}

if (values.stdio) serveStdio(options)
else process.stdout.write(`http://127.0.0.1:${await serveHttp(options, Number(values.port))}/mcp\n`)
