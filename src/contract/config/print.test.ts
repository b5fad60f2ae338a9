import { expect, test } from 'vitest'

import { printConfigReference, printConfigSchema } from './print.ts'
import { ConfigFile } from './schema.ts'
import { HttpServer, StdioServer } from './schema-server.ts'

test('the reference describes every key of the schema', () => {
  const reference = printConfigReference()
  const keys = [ConfigFile.shape, StdioServer.shape, HttpServer.shape].flatMap(Object.keys)

  for (const key of keys) {
    expect(reference).toMatch(
      new RegExp(String.raw`^\| .${key.replace('$', String.raw`\$`)}. \|.*\| [^|]+ \|$`, 'm'),
    )
  }
})

test('the printed JSON Schema asks for neither transport nor defaults', () => {
  const schema = JSON.parse(printConfigSchema())
  const [stdio, http] = schema.properties.servers.additionalProperties.anyOf

  expect(schema.required).toBeUndefined()
  expect(stdio.required).toEqual(['command'])
  expect(http.required).toEqual(['url'])
  expect(JSON.stringify(schema)).not.toContain('"readOnly":true')
  expect(schema.properties.listen.properties.port).toMatchObject({ default: 7420, maximum: 65_535 })
})
