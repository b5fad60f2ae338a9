import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { callOf, callerOf, messageOf, textOf } from '../../../test/kit/calls.ts'
import { jsonTexts } from '../../../test/kit/json-texts.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import type { CallSpec } from '../call/call.ts'
import type { Era } from '../call/era.ts'
import { requestFor } from './request.ts'

const modernMeta =
  '"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}'

/** What a server of `era` reads of a request of a client of `from`. */
function sent(text: string, era: Era, from: Era, rest: Partial<CallSpec> = {}): string {
  const call = callOf(messageOf(text), { caller: callerOf(from), ...rest })
  return textOf(requestFor(era, call, 65_537))
}

verifies(
  ['wire:fidelity:numbers', 'wire:fidelity:unknown-members'],
  'within one era only id and token change, and every other byte stays',
  () => {
    fc.assert(
      fc.property(
        jsonTexts,
        jsonTexts,
        fc.constantFrom<Era>('legacy', 'modern'),
        (args, vendor, era) => {
          const around = (id: string, token: string) =>
            `{ "vendor":${vendor}, "id":${id},"jsonrpc":"2.0","method":"tools/call","params" : {"arguments": ${args} ,"name":"a","_meta":{"progressToken":${token}, "x/y":${vendor}}}}`

          expect(sent(around('"c 1"', '"t"'), era, era)).toBe(around('65537', '65537'))
        },
      ),
      { numRuns: 300 },
    )
  },
)

verifies('wire:fidelity:numbers', 'numbers that JavaScript cannot hold leave as they came', () => {
  const text =
    '{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/call","params":{"name":"a","arguments":{"n":9007199254740993,"big":1e400,"zero":-0,"one":1.0}}}'

  for (const era of ['legacy', 'modern'] as const) {
    expect(sent(text, era, 'legacy')).toContain(
      '"arguments":{"n":9007199254740993,"big":1e400,"zero":-0,"one":1.0}',
    )
  }
})

test('a request without a token is given none', () => {
  const text = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","_meta":{}}}'

  expect(sent(text, 'legacy', 'legacy')).toBe(text.replace('"id":1', '"id":65537'))
})

test("the server's own names and state stand where the client's stood", () => {
  const text =
    '{"jsonrpc":"2.0","method":"tools/call","params":{"requestState":"ours","name":"one__a","arguments":{"name":"one__a"}},"id":1}'

  expect(sent(text, 'modern', 'modern', { target: '"a"', requestState: '"theirs"' })).toBe(
    '{"jsonrpc":"2.0","method":"tools/call","params":{"requestState":"theirs","name":"a","arguments":{"name":"one__a"}},"id":65537}',
  )
})

test('a resource is named by its URI, a completion by its reference', () => {
  const resource = '{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"b:1"}}'
  const completion =
    '{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"one__p"},"argument":{}}}'

  expect(sent(resource, 'legacy', 'legacy', { target: '"a:1"' })).toContain('{"uri":"a:1"}')
  expect(
    sent(completion, 'legacy', 'legacy', { target: '{"type":"ref/prompt","name":"p"}' }),
  ).toContain('{"ref":{"type":"ref/prompt","name":"p"},"argument":{}}')
})

verifies(
  'surface:relay:across-eras',
  'a legacy server reads nothing of the modern envelope',
  () => {
    const text = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","_meta":{${modernMeta},"io.modelcontextprotocol/logLevel":"info","x/y":{"k":1e400},"progressToken":"t","z":[]}}}`

    expect(sent(text, 'legacy', 'modern')).toBe(
      '{"jsonrpc":"2.0","id":65537,"method":"tools/call","params":{"name":"a","_meta":{"x/y":{"k":1e400},"progressToken":65537,"z":[]}}}',
    )
  },
)

const request = (params: string) => `{"jsonrpc":"2.0","id":1,"method":"m"${params}}`
const modern = (text: string, clientInfo?: string) =>
  sent(text, 'modern', 'legacy', { caller: callerOf('legacy', { clientInfo }) })

verifies('surface:relay:across-eras', 'a modern server reads a request that stands alone', () => {
  expect(modern(request(''))).toBe(
    `{"jsonrpc":"2.0","id":65537,"method":"m","params":{"_meta":{${modernMeta}}}}`,
  )
  expect(modern(request(',"params":{ }'))).toContain(`"params":{"_meta":{${modernMeta}} }`)
  expect(modern(request(',"params":{"a":1}'))).toContain(`"params":{"_meta":{${modernMeta}},"a":1}`)
  expect(modern(request(',"params":{"_meta":{"progressToken":7,"k":"v"}}'))).toContain(
    `"_meta":{${modernMeta},"progressToken":65537,"k":"v"}`,
  )
  expect(modern(request(',"params":{"_meta":{}}'), '{"name":"c"}')).toContain(
    `"_meta":{${modernMeta},"io.modelcontextprotocol/clientInfo":{"name":"c"}}`,
  )
})

test('whatever stands in params, each era reads JSON that says the same', () => {
  const params = fc.record(
    {
      name: fc.constant('a'),
      arguments: fc.dictionary(fc.string(), fc.jsonValue()),
      _meta: fc.record(
        { progressToken: fc.oneof(fc.string(), fc.nat()), k: fc.jsonValue() },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ['name'] },
  )
  const era = fc.constantFrom<Era>('legacy', 'modern')
  fc.assert(
    fc.property(params, era, era, (said, from, to) => {
      const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: said })
      const read: { id: number; params: Record<string, Record<string, unknown>> } = JSON.parse(
        sent(text, to, from),
      )
      const { _meta: meta, ...rest } = read.params
      const { _meta: saidMeta, ...saidRest } = JSON.parse(JSON.stringify(said))

      expect(read.id).toBe(65_537)
      expect(rest).toEqual(saidRest)
      expect(meta?.['k']).toEqual(saidMeta?.k)
      expect(meta?.['progressToken']).toBe(
        saidMeta && 'progressToken' in saidMeta ? 65_537 : undefined,
      )
      expect(Object.keys(meta ?? {}).some((key) => key.startsWith('io.model'))).toBe(
        from === 'legacy' && to === 'modern',
      )
    }),
    { numRuns: 300 },
  )
})

const ours = '"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"'

/** What a server reads of a request whose call is traced. */
function traced(text: string, era: Era, from: Era, continuesClient = true): string {
  const call = callOf(messageOf(text), { caller: callerOf(from) })
  call.trace = { traceparent: ours, continuesClient, sent() {}, ended() {} }
  return textOf(requestFor(era, call, 65_537))
}

test("without a trace of ours the client's own goes through untouched", () => {
  const text =
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{ "traceparent" : "theirs","tracestate":"a=1","baggage":"b" },"name":"a"}}'

  for (const era of ['legacy', 'modern'] as const)
    expect(sent(text, era, era)).toBe(text.replace('"id":1', '"id":65537'))
})

const withParent = (parent: string) =>
  `{"jsonrpc":"2.0","id":65537,"method":"tools/call","params":{"_meta":{ "k":1, "traceparent" : ${parent}, "tracestate":"a=1","baggage":"b" },"name":"a"}}`

test('a trace of ours stands where that of the client stood, and nothing else changes', () => {
  for (const era of ['legacy', 'modern'] as const)
    expect(traced(withParent('"theirs"'), era, era)).toBe(withParent(ours))
})

const within = (text: string) => traced(text, 'legacy', 'legacy')

test('a trace of ours is put in where the client named none', () => {
  expect(within(request(''))).toBe(
    `{"jsonrpc":"2.0","id":65537,"method":"m","params":{"_meta":{"traceparent":${ours}}}}`,
  )
  expect(within(request(',"params":{ }'))).toContain(`"params":{"_meta":{"traceparent":${ours}} }`)
  expect(within(request(',"params":{"a":1}'))).toContain(
    `"params":{"_meta":{"traceparent":${ours}},"a":1}`,
  )
  expect(within(request(',"params":{"_meta":{}}'))).toContain(
    `"params":{"_meta":{"traceparent":${ours}}}`,
  )
  expect(within(request(',"params":{"_meta":{"progressToken":7}}'))).toContain(
    `"_meta":{"traceparent":${ours},"progressToken":65537}`,
  )
  expect(within(request(',"params":{"_meta":7}'))).toContain('"params":{"_meta":7}')
})

test('between eras the trace is told beside the envelope', () => {
  const meta = (inside: string) => request(`,"params":{"_meta":{${inside}}}`)
  const theirs = '"traceparent":"theirs","k":1'

  expect(traced(meta(theirs), 'modern', 'legacy')).toContain(
    `"_meta":{${modernMeta},"traceparent":${ours},"k":1}`,
  )
  expect(traced(meta('"k":1'), 'modern', 'legacy')).toContain(
    `"_meta":{${modernMeta},"traceparent":${ours},"k":1}`,
  )
  expect(traced(meta(`${modernMeta},${theirs}`), 'legacy', 'modern')).toContain(
    `"_meta":{"traceparent":${ours},"k":1}`,
  )
  expect(traced(meta(modernMeta), 'legacy', 'modern')).toContain(`"_meta":{"traceparent":${ours}}`)
  expect(traced(request(',"params":{}'), 'legacy', 'modern')).toContain(
    `"params":{"_meta":{"traceparent":${ours}}}`,
  )
})

test('state that belongs to no trace is emptied', () => {
  const text = request(',"params":{"_meta":{"tracestate":"a=1","traceparent":"?"}}')

  expect(traced(text, 'legacy', 'legacy', false)).toContain(
    `"_meta":{"tracestate":"","traceparent":${ours}}`,
  )
  expect(traced(text, 'modern', 'legacy', false)).toContain(
    `"_meta":{${modernMeta},"tracestate":"","traceparent":${ours}}`,
  )
})

const saying = (meta: string) =>
  `{"jsonrpc":"2.0","id":65537,"method":"tools/call","params":{"_meta":{${meta}},"name":"a"}}`
const answering = (rest: string) =>
  `{"jsonrpc":"2.0","id":65537,"method":"tools/call","params":{"name":"a"${rest},"arguments":{"x":1},"_meta":{${modernMeta}}}}`

verifies(
  'consent:stricter',
  'what a client says of its consent is for us, whatever era its server is of',
  () => {
    const own = '"gantry/consent":"ask","gantry/conversation":"c" , "gantry/tainted":true'

    for (const era of ['legacy', 'modern'] as const) {
      expect(sent(saying(`${own},"k":1e400,"progressToken":"t"`), era, era)).toBe(
        saying('"k":1e400,"progressToken":65537'),
      )
      expect(sent(saying(own), era, era)).toBe(saying(''))
    }
    expect(sent(saying(`${modernMeta},${own}`), 'legacy', 'modern')).toBe(saying(''))
    expect(sent(saying(own), 'modern', 'legacy')).toBe(saying(modernMeta))
  },
)

verifies(
  'consent:modern',
  'an answer that was for us does not reach the server, and one that was for it does',
  () => {
    const answer = ',"requestState":"s","inputResponses":{"gantry/approval":{"action":"accept"}}'

    expect(sent(answering(answer), 'modern', 'modern', { approval: 'id' })).toBe(answering(''))
    expect(sent(answering(answer), 'modern', 'modern')).toBe(answering(answer))
  },
)
