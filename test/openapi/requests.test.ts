import * as fc from 'fast-check'
import { expect } from 'vitest'
import { verifies } from '../requirements/verifies.ts'
import { documentOf, textOf } from './open-service.ts'
import { stage, styled } from './stage.ts'

verifies('openapi:arguments', 'each style is written as OpenAPI says', async () => {
  const parameters = [
    styled('form', 'query', {}),
    styled('joined', 'query', { explode: false }),
    styled('spaced', 'query', { style: 'spaceDelimited', explode: false }),
    styled('piped', 'query', { style: 'pipeDelimited', explode: false }),
    styled('deep', 'query', { style: 'deepObject', explode: true }),
    styled('json', 'query', { content: { 'application/json': {} } }),
    styled('X-List', 'header', {}),
    styled('X-Pairs', 'header', { explode: true }),
    styled('crumb', 'cookie', {}),
  ]
  const paths = {
    '/plain/{p}': {
      get: { operationId: 'plain', parameters: [styled('p', 'path', {}), ...parameters] },
    },
    '/spread/{p}': {
      get: { operationId: 'spread', parameters: [styled('p', 'path', { explode: true })] },
    },
    '/label/{p}': {
      get: { operationId: 'label', parameters: [styled('p', 'path', { style: 'label' })] },
    },
    '/labels/{p}': {
      get: {
        operationId: 'labels',
        parameters: [styled('p', 'path', { style: 'label', explode: true })],
      },
    },
    '/matrix/{p}': {
      get: { operationId: 'matrix', parameters: [styled('p', 'path', { style: 'matrix' })] },
    },
    '/matrices/{p}': {
      get: {
        operationId: 'matrices',
        parameters: [styled('p', 'path', { style: 'matrix', explode: true })],
      },
    },
  }
  await using at = await stage(documentOf(paths))
  const target = async (tool: string, args: object) => {
    const result = await at.opened.result(tool, args)
    expect(result.isError, textOf(result)).toBeUndefined()
    return at.service.last.target
  }
  const list = ['a', 'b,c']
  const pairs = { r: 100, g: 'x y' }

  expect(await target('plain', { p: list, form: list })).toBe('/v1/plain/a,b%2Cc?form=a&form=b%2Cc')
  expect(await target('plain', { p: pairs, form: pairs })).toBe(
    '/v1/plain/r,100,g,x%20y?r=100&g=x%20y',
  )
  expect(await target('plain', { p: 1, joined: list })).toBe('/v1/plain/1?joined=a,b%2Cc')
  expect(await target('plain', { p: 1, joined: pairs })).toBe('/v1/plain/1?joined=r,100,g,x%20y')
  expect(await target('plain', { p: 1, spaced: list })).toBe('/v1/plain/1?spaced=a%20b%2Cc')
  expect(await target('plain', { p: 1, piped: list })).toBe('/v1/plain/1?piped=a%7Cb%2Cc')
  expect(await target('plain', { p: 1, deep: { a: { b: 1 }, c: ['x', 'y'] } })).toBe(
    '/v1/plain/1?deep%5Ba%5D%5Bb%5D=1&deep%5Bc%5D=x&deep%5Bc%5D=y',
  )
  expect(await target('plain', { p: 1, json: { a: [1] } })).toBe(
    '/v1/plain/1?json=%7B%22a%22%3A%5B1%5D%7D',
  )
  expect(await target('plain', { p: true, form: [], joined: null })).toBe('/v1/plain/true')
  expect(await target('spread', { p: pairs })).toBe('/v1/spread/r=100,g=x%20y')
  expect(await target('label', { p: ['a', 'b'] })).toBe('/v1/label/.a,b')
  expect(await target('labels', { p: ['a', 'b'] })).toBe('/v1/labels/.a.b')
  expect(await target('labels', { p: pairs })).toBe('/v1/labels/.r=100.g=x%20y')
  expect(await target('matrix', { p: ['a', 'b'] })).toBe('/v1/matrix/;p=a,b')
  expect(await target('matrices', { p: ['a', 'b'] })).toBe('/v1/matrices/;p=a;p=b')
  expect(await target('matrices', { p: pairs })).toBe('/v1/matrices/;r=100;g=x%20y')
  await target('plain', { p: 1, 'X-List': ['a', 'b'], 'X-Pairs': pairs, crumb: 'a; b="c"' })
  expect(at.service.last.headers).toMatchObject({
    'x-list': 'a,b',
    'x-pairs': 'r=100,g=x y',
    cookie: 'crumb=a%3B%20b%3D%22c%22',
  })
})

verifies('openapi:arguments', 'numbers and bodies arrive to the last digit', async () => {
  await using at = await stage()
  const body = '{"name":"a", "id":9007199254740993,"x":[1.0,1e400],"name":"b"}'

  await at.opened.result('createPet', `{"body":${body}}`)
  expect(at.service.last.body.toString()).toBe(body)
  expect(at.service.last.headers['content-type']).toBe('application/json')
  await at.opened.result('listPets', '{"limit":9007199254740993}')
  expect(at.service.last.target).toBe('/v1/pets?limit=9007199254740993')
  await at.opened.result('placeOrder', {
    body: { pet: 'a&b=c', count: 2, tags: ['x', 'y'], none: null },
  })
  expect(at.service.last.body.toString()).toBe('pet=a%26b%3Dc&count=2&tags=x&tags=y')
  expect(at.service.last.headers['content-type']).toBe('application/x-www-form-urlencoded')
  await at.opened.result('addNote', { body: 'grüße\n' })
  expect(at.service.last.body.toString()).toBe('grüße\n')
  await at.opened.result('addNote', {})
  expect(at.service.last).toMatchObject({ method: 'POST', body: Buffer.alloc(0) })
  expect(at.service.last.headers).not.toHaveProperty('content-type')
})

const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom(
    '../../user',
    '..',
    '.',
    '%2e%2e',
    '..%2f..',
    '..\\x',
    'a/b',
    '/',
    '\\',
    '?x=1#y',
    '\r\nX-Evil: 1',
    'a\0b',
    '//evil.example/',
    '@evil.example',
    ';p=1',
    '',
    ' ',
    '+',
    '&b=2',
    '\ud800',
  ),
)

verifies(
  'openapi:in-place',
  'whatever is given, the service reads the same values in the same places, or is not asked',
  async () => {
    await using at = await stage(
      documentOf({
        '/a/{one}/b/{two}.json': {
          get: {
            operationId: 'read',
            parameters: [
              styled('one', 'path', { schema: { type: 'string' } }),
              styled('two', 'path', { schema: { type: 'string' } }),
              styled('q', 'query', { schema: { type: 'string' } }),
              styled('list', 'query', { schema: { type: 'array' } }),
              styled('X-Header', 'header', { schema: { type: 'string' } }),
              styled('crumb', 'cookie', { schema: { type: 'string' } }),
            ],
          },
        },
      }),
      { headers: { 'X-Own': 'own' } },
    )
    let sent = 0
    const values = fc.record({
      one: anything,
      two: anything,
      q: anything,
      list: fc.array(anything, { maxLength: 3 }),
      'X-Header': fc.oneof(
        { weight: 1, arbitrary: anything },
        { weight: 4, arbitrary: fc.constant('x') },
      ),
      crumb: anything,
    })
    await fc.assert(
      fc.asyncProperty(values, async (given) => {
        const before = at.service.requests.length
        const result = await at.opened.result('read', given)
        if (result.isError === true) {
          // Refused, with the argument that is to blame, and nothing was sent.
          expect(textOf(result)).toMatch(
            /^The argument(?: "(?:one|two|q|list|X-Header|crumb)"|s make) /,
          )
          expect(at.service.requests).toHaveLength(before)
          return
        }
        sent++
        const { target, method, headers } = at.service.last
        const [path = '', query = '', ...rest] = target.split('?')
        const [, , , one = '', , last = '', ...more] = path.split('/')
        const read = new URLSearchParams(query)
        expect([rest, more, method]).toEqual([[], [], 'GET'])
        expect(path).toMatch(/^\/v1\/a\/[^/]+\/b\/[^/]+\.json$/)
        expect(decodeURIComponent(one)).toBe(given.one)
        expect(decodeURIComponent(last)).toBe(`${given.two}.json`)
        expect(read.get('q')).toBe(given.q)
        expect(read.getAll('list')).toEqual(given.list)
        expect(headers).toMatchObject({ 'x-header': given['X-Header'], 'x-own': 'own' })
        expect(decodeURIComponent(headers.cookie?.replace('crumb=', '') ?? '')).toBe(given.crumb)
        expect(headers).not.toHaveProperty('x-evil')
      }),
      { numRuns: 300 },
    )
    expect(sent).toBeGreaterThan(50)
  },
  60_000,
)

verifies('openapi:in-place', 'what would lead out of the path is refused', async () => {
  await using at = await stage()
  const refusal = async (petId: unknown) => textOf(await at.opened.result('showPet', { petId }))

  expect(await refusal('..')).toBe('The arguments make ".." of a part of the path.')
  expect(await refusal('../../user')).toBe(
    'The argument "petId" leads out of its place in the path.',
  )
  expect(await refusal('x\\..\\y')).toBe('The argument "petId" leads out of its place in the path.')
  expect(await refusal('')).toBe('The argument "petId" is part of the path and empty.')
  expect(await refusal('a\0b')).toBe('The argument "petId" holds a NUL character.')
  expect(at.service.requests).toEqual([])
})
