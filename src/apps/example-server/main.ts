import { createInterface } from 'node:readline'
import { answer } from './answer.ts'

// A whole MCP server in a few lines, so that a first call works with nothing installed.
createInterface({ input: process.stdin }).on('line', (line) => {
  const reply = answer(line, () => new Date())
  if (reply !== undefined) process.stdout.write(`${JSON.stringify(reply)}\n`)
})
