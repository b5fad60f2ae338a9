import { z } from 'zod'

import { notAnObject, plainText } from './values.ts'

const path = () =>
  plainText().min(1, {
    error: 'write where the value is, as "part.text" is in {"part":{"text":…}}',
  })

/** Which lines of a program's JSON output mean what. */
export const EventRule = z.strictObject(
  {
    when: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]), {
        error: 'write an object of values by where they are',
      })
      .readonly()
      .default({})
      .describe('What a line must hold for this rule: values by where they are.'),
    session: path().exactOptional().describe('Where the id of the session is.'),
    delta: path().exactOptional().describe('Where a piece of the answer is.'),
    final: path().exactOptional().describe('Where the whole answer is.'),
    tool: path().exactOptional().describe('Where the name of a tool it uses is.'),
    inputTokens: path().exactOptional().describe('Where the count of tokens read is.'),
    outputTokens: path().exactOptional().describe('Where the count of tokens written is.'),
    costUsd: path().exactOptional().describe('Where the cost in dollars is.'),
    error: path().exactOptional().describe('Where the message of a failure is.'),
    status: path().exactOptional().describe('Where the HTTP status of a failure is.'),
    retryAfterSeconds: path()
      .exactOptional()
      .describe('Where it says in how many seconds to come back.'),
  },
  notAnObject,
)
