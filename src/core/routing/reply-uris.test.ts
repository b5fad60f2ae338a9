import { expect, test } from 'vitest'
import { messageOf } from '../../../test/kit/calls.ts'
import { viewOf } from '../../../test/kit/entries.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import { uriEdits } from './reply-uris.ts'

const view = viewOf({
  one: { resources: [{ uri: 'doc:1' }] },
  two: { resources: [{ uri: 'doc:1' }] },
})

/** What a client reads of a result of `server`. */
function read(method: string, result: string, server = 'two', seen = view): string {
  const text = `{"jsonrpc":"2.0","id":1,"result":${result}}`
  const reply = messageOf(text)
  const edits = uriEdits(reply, method, server, seen)
  const payload = reply.splice(edits)
  const whole = typeof payload === 'string' ? payload : Buffer.concat(payload).toString('latin1')
  return Buffer.from(whole, 'latin1')
    .toString()
    .slice('{"jsonrpc":"2.0","id":1,"result":'.length, -1)
}

verifies(
  'catalog:uris:rewritten-everywhere',
  'links, embedded resources and reads show the URI a client can use',
  () => {
    expect(
      read('resources/read', '{"contents":[{"uri":"doc:1","text":"a"},{"uri" : "doc:2"}]}'),
    ).toBe('{"contents":[{"uri":"doc://gantry~two/1","text":"a"},{"uri" : "doc://gantry~two/2"}]}')
    expect(
      read(
        'tools/call',
        '{"content":[{"type":"resource_link","uri":"doc:1","name":"n"},{"resource":{"text":"x","uri":"doc:1"},"type":"resource"}]}',
      ),
    ).toBe(
      '{"content":[{"type":"resource_link","uri":"doc://gantry~two/1","name":"n"},{"resource":{"text":"x","uri":"doc://gantry~two/1"},"type":"resource"}]}',
    )
    expect(
      read(
        'prompts/get',
        '{"messages":[{"role":"user","content":{"type":"resource","resource":{"uri":"doc:1"}}},{"content":{"type":"text","text":"doc:1"}}]}',
      ),
    ).toBe(
      '{"messages":[{"role":"user","content":{"type":"resource","resource":{"uri":"doc://gantry~two/1"}}},{"content":{"type":"text","text":"doc:1"}}]}',
    )
  },
)

test("the first server's own URIs stay as they are", () => {
  const result = '{"contents":[{"uri":"doc:1"}]}'

  expect(read('resources/read', result, 'one')).toBe(result)
  expect(read('resources/read', result, 'two', viewOf({ two: {} }))).toBe(result)
})

verifies(
  'catalog:uris:text-untouched',
  'a URI in text, blobs, structures or unknown blocks stays as it is',
  () => {
    for (const result of [
      '{"content":[{"type":"text","text":"\\"resource\\" doc:1","uri":"doc:1"}]}',
      '{"content":[{"type":"x/resource","uri":"doc:1"},{"uri":"doc:1"},"resource","doc:1"]}',
      '{"content":[],"structuredContent":{"type":"resource_link","uri":"doc:1","resource":{"uri":"doc:1"}}}',
      '{"content":[{"type":"resource","resource":{"uri":7}},{"type":"resource_link"}]}',
      '{"content":{"type":"resource_link","uri":"doc:1"}}',
    ]) {
      expect(read('tools/call', result)).toBe(result)
    }
  },
)

test('errors and methods without URIs are left alone', () => {
  const error = messageOf(
    '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"","data":{"uri":"doc:1"}}}',
  )

  expect(uriEdits(error, 'resources/read', 'two', view)).toEqual([])
  expect(read('completion/complete', '{"completion":{"values":["doc:1"],"resource":1}}')).toBe(
    '{"completion":{"values":["doc:1"],"resource":1}}',
  )
})
