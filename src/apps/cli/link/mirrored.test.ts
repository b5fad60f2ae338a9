import { expect, test } from 'vitest'

import { mirroredHeaders } from './mirrored.ts'

test('arguments that the schema wants in headers are found at any depth, with every digit', () => {
  const schema = {
    properties: {
      region: { type: 'string', 'x-mcp-header': 'Region' },
      id: { type: 'integer', 'x-mcp-header': 'Id' },
      inner: { properties: { on: { type: 'boolean', 'x-mcp-header': 'On' } } },
      absent: { 'x-mcp-header': 'Absent' },
      none: { 'x-mcp-header': 'None' },
    },
  }

  const headers = mirroredHeaders(
    schema,
    '{"region":"eu","id":9007199254740993,"inner":{"on":true},"none":null}',
  )

  expect([...headers]).toEqual([
    ['Region', 'eu'],
    ['Id', '9007199254740993'],
    ['On', 'true'],
  ])
})
