import { expect, test } from 'vitest'
import { verifies } from '../requirements/verifies.ts'
import { documentOf, openUpstream, textOf, writeDocument } from './open-service.ts'
import { startService } from './recorded-service.ts'
import { stage, styled } from './stage.ts'

verifies(
  'openapi:in-place',
  'an object that is spread sets nothing but what is its own',
  async () => {
    await using at = await stage(
      documentOf({
        '/x': {
          get: {
            operationId: 'x',
            parameters: [
              styled('page', 'query', {}),
              styled('rest', 'query', {}),
              styled('deep', 'query', { style: 'deepObject' }),
            ],
          },
        },
      }),
      { auth: { type: 'apiKey', name: 'key', in: 'query', value: 'hush' } },
    )

    expect(textOf(await at.opened.result('x', { rest: { key: 'mine' } }))).toBe(
      'The argument "rest" may not set "key".',
    )
    expect(textOf(await at.opened.result('x', { rest: { page: '2' } }))).toBe(
      'The argument "rest" may not set "page".',
    )
    expect(textOf(await at.opened.result('x', { deep: { 'a][b': 1 } }))).toBe(
      'The argument "deep" has a key with a bracket in it.',
    )
    expect(at.service.requests).toEqual([])
    await at.opened.result('x', { rest: { size: 2 } })
    expect(at.service.last.target).toBe('/v1/x?key=hush&size=2')
  },
)

verifies(
  'openapi:own-headers',
  'no argument is a header that is not the callers to set',
  async () => {
    const names = [
      'Host',
      'authorization',
      'Cookie',
      'Content-Length',
      'Content-Type',
      'Connection',
      'Transfer-Encoding',
      'Upgrade',
      'Proxy-Authorization',
      'X-Forwarded-For',
      'Forwarded',
      'Expect',
      'X-Team',
      'X-Free',
    ]
    await using at = await stage(
      documentOf({
        '/x': {
          get: {
            operationId: 'x',
            parameters: [
              ...names.map((name) => styled(name, 'header', { required: name !== 'X-Free' })),
              styled('sid', 'cookie', {}),
            ],
          },
        },
      }),
      {
        headers: { 'x-team': 'ours', cookie: 'sid=ours' },
        auth: { type: 'bearer', token: 'hush' },
      },
    )
    const [tool] = await at.opened.tools()

    expect(tool?.inputSchema).toEqual({
      type: 'object',
      properties: { 'X-Free': {} },
      additionalProperties: false,
    })
    expect(textOf(await at.opened.result('x', { authorization: 'Bearer mine' }))).toBe(
      'The argument "authorization" is not known: there are X-Free.',
    )
    expect(at.service.requests).toEqual([])
    await at.opened.result('x', { 'X-Free': 'yes' })
    expect(at.service.last.headers).toMatchObject({
      authorization: 'Bearer hush',
      cookie: 'sid=ours',
      'x-team': 'ours',
      'x-free': 'yes',
    })
  },
)

verifies('openapi:wrong-arguments', 'a wrong argument is named, and nothing is sent', async () => {
  await using at = await stage()
  const said = async (tool: string, args: unknown) => {
    const result = await at.opened.result(tool, args)
    expect(result.isError).toBe(true)
    return textOf(result)
  }

  expect(await said('showPet', {})).toBe('The argument "petId" is missing: it is part of the path.')
  expect(await said('showPet', { petId: null })).toContain('"petId" is missing')
  expect(await said('showPet', { petId: 7 })).toBe(
    'The argument "petId" must be of type string, not number.',
  )
  expect(await said('listPets', { limit: 'x' })).toBe(
    'The argument "limit" must be of type integer, not string.',
  )
  expect(await said('listPets', { limit: 1.5 })).toContain('must be of type integer')
  expect(await said('listPets', { limt: 1 })).toBe('The argument "limt" is not known; "limit" is.')
  expect(await said('listPets', { tags: [['a']] })).toBe(
    'The argument "tags" holds a value of type array where text is needed.',
  )
  expect(await said('listPets', '{"limit":1,"l\\u0069mit":2}')).toBe(
    'The argument "limit" is given twice.',
  )
  expect(await said('listPets', [1])).toBe('The arguments are no object.')
  expect(await said('createPet', {})).toBe('The argument "body" is missing.')
  expect(await said('addNote', { body: {} })).toBe(
    'The argument "body" must be of type string, not object.',
  )
  expect(await said('nothing', {})).toBe('The service has no operation "nothing" any more.')
  expect(at.service.requests).toEqual([])
})

const get = (operationId: string, url: string) => ({
  get: { operationId, servers: [{ url }] },
})

test('a request may go to an address of its own only on the same host', async () => {
  await using service = await startService()
  await using written = await writeDocument(
    documentOf(
      { '/near': get('near', `${service.url}/other`), '/far': get('far', 'https://far.example/') },
      { servers: [{ url: `${service.url}/v1` }] },
    ),
  )
  await using opened = await openUpstream({ openapi: written.path, allowPrivate: true })

  expect((await opened.tools()).map(({ name }) => name)).toEqual(['near'])
  expect(opened.problems.at(-1)).toContain('it is at https://far.example, another host')
  await opened.result('near')
  expect(service.last.target).toBe('/other/near')
})
