/** A provider of models that says as many words as the model's name tells, one in so many milliseconds: `words-PAUSE-COUNT`. */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'

const head = { id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1, model: 'bench' }

function event(delta: object, finish: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }]
  return `data: ${JSON.stringify({ ...head, choices })}\n\n`
}

async function speak(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { model } = Object(await json(request))
  const [, pauseMs, count] = String(model).split('-').map(Number)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(event({ role: 'assistant', content: '' }))
  for (let index = 0; index < Number(count) && !response.destroyed; index++) {
    if (Number(pauseMs) > 0) await pause(Number(pauseMs))
    // One word at a time, as a model finds them.
    else await new Promise((resolve) => setImmediate(resolve))
    response.write(event({ content: ` word${index}` }))
  }
  const usage = { prompt_tokens: 1, completion_tokens: count, total_tokens: Number(count) + 1 }
  response.write(event({}, 'stop'))
  response.write(`data: ${JSON.stringify({ ...head, choices: [], usage })}\n\n`)
  response.end('data: [DONE]\n\n')
}

createServer((request, response) => void speak(request, response)).listen(
  Number(process.argv[2]),
  '127.0.0.1',
)
