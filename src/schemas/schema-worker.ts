import { parentPort } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'

import { unusable } from './admit.ts'
import { SchemaError } from './compile.ts'
import { keepSchemas } from './kept.ts'
import type { CheckJob, WorkerMessage } from './worker-messages.ts'

const keptBytes = 4_194_304
/** Code that has run once runs faster: the first schema of somebody else shall not be charged for that. */
const warmUp = '{"type":"object","properties":{"a":{"pattern":"^a","enum":["a"]}},"required":["a"]}'

if (parentPort) serve(parentPort)

function serve(port: MessagePort): void {
  const schemas = keepSchemas(keptBytes)
  const say = (message: WorkerMessage) => port.postMessage(message)

  function check({ schemaText, valueText }: CheckJob): WorkerMessage {
    const compiled = schemas.get(schemaText)
    say({ stage: 'compiled' })
    const problems = compiled.check(JSON.parse(valueText))
    const { ignoredPatterns } = compiled
    return problems.length === 0
      ? { stage: 'done', result: { kind: 'fits', ignoredPatterns } }
      : { stage: 'done', result: { kind: 'differs', problems, ignoredPatterns } }
  }

  schemas.get(warmUp).check({ a: 'a' })
  port.on('message', (job: CheckJob) => {
    try {
      say(check(job))
    } catch (error) {
      say({ stage: 'done', result: toUnusable(error) })
    }
  })
  say({ stage: 'ready' })
}

function toUnusable(error: unknown) {
  const message = error instanceof Error ? error.message.slice(0, 300) : 'no reason was given'
  return error instanceof SchemaError && !(error.cause instanceof RangeError)
    ? unusable('schema_invalid', `The schema cannot be used: ${message}`)
    : unusable('schema_too_complex', `The schema is too complex: ${message}`)
}
