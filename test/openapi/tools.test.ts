import { expect } from 'vitest'
import { verifies } from '../requirements/verifies.ts'
import { documentOf, openUpstream, petstore, writeDocument } from './open-service.ts'
import { startService } from './recorded-service.ts'

const baseUrl = 'http://127.0.0.1:9/v1'
const plain = { responses: { 200: { description: 'It is done.' } } }

async function chosen(entry: object) {
  await using opened = await openUpstream({ openapi: petstore, baseUrl, ...entry })
  const tools = await opened.tools()
  return { names: tools.map(({ name }) => name), problem: opened.problems.at(-1) }
}

async function refusal(document: unknown): Promise<unknown> {
  await using written = await writeDocument(document)
  return await openUpstream({ openapi: written.path, baseUrl }).catch(
    (error: Error) => error.message,
  )
}

/** The tools of a description, which is never asked for anything. */
async function toolsOf(document: unknown, entry: object = {}) {
  await using written = await writeDocument(document)
  await using opened = await openUpstream({ openapi: written.path, baseUrl, ...entry })
  const tools = await opened.tools()
  return { tools, names: tools.map(({ name }) => name), problem: opened.problems.at(-1) }
}

verifies(
  'openapi:tools',
  'operations are tools with what their document says of them',
  async () => {
    await using opened = await openUpstream({ openapi: petstore, baseUrl })
    const tools = new Map((await opened.tools()).map((tool) => [tool.name, tool]))

    expect([...tools.keys()]).toEqual([
      'listPets',
      'createPet',
      'showPet',
      'replacePet',
      'delete_pets_petId',
      'pet_photo',
      'placeOrder',
      'addNote',
    ])
    expect(tools.get('listPets')).toMatchObject({
      title: 'List pets',
      annotations: { readOnlyHint: true },
      inputSchema: {
        additionalProperties: false,
        properties: { limit: { type: 'integer', maximum: 100, description: 'How many.' } },
      },
    })
    expect(tools.get('createPet')?.inputSchema).toMatchObject({
      required: ['body'],
      properties: { body: { $ref: '#/$defs/NewPet' } },
      $defs: {
        NewPet: {
          required: ['name'],
          properties: {
            name: { type: ['string', 'null'] },
            kind: { type: ['string', 'null'], enum: ['cat', 'dog', null] },
            age: { exclusiveMinimum: 0 },
            mother: { $ref: '#/$defs/NewPet' },
          },
        },
      },
    })
    expect(tools.get('createPet')?.annotations).not.toHaveProperty('idempotentHint')
    expect(tools.get('replacePet')?.annotations).toMatchObject({ idempotentHint: true })
    expect(tools.get('delete_pets_petId')?.annotations).toMatchObject({
      readOnlyHint: false,
      destructiveHint: true,
      idempotentHint: true,
    })
    expect(tools.get('pet_photo')).toMatchObject({
      description: 'Deprecated. GET /pets/{petId}/photo',
      inputSchema: { required: ['path_petId'] },
    })
  },
)

verifies('openapi:names', 'names are unique and do not depend on the order', async () => {
  const long = 'a'.repeat(80)
  const paths: [string, object][] = [
    ['/a', { get: { ...plain, operationId: 'same' } }],
    ['/b', { get: { ...plain, operationId: 'same' } }],
    ['/c', { get: { ...plain, operationId: 'get things' } }],
    ['/d', { get: { ...plain, operationId: 'get_things' } }],
    [
      '/e',
      { get: { ...plain, operationId: `${long}1` }, put: { ...plain, operationId: `${long}2` } },
    ],
    ['/f', { get: { ...plain, operationId: '???' } }],
    [`/${long}/{x}`, { get: { ...plain, parameters: [{ name: 'x', in: 'path', schema: {} }] } }],
  ]
  const { names } = await toolsOf(documentOf(Object.fromEntries(paths)))
  const other = await toolsOf(documentOf(Object.fromEntries(paths.toReversed())))

  expect(names).toHaveLength(8)
  expect(new Set(names).size).toBe(8)
  expect(names.every((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name))).toBe(true)
  expect(names).toContain('get_things')
  expect(names).not.toContain('same')
  expect(other.names.toSorted()).toEqual(names.toSorted())
})

verifies(
  'openapi:choice',
  'operations are chosen by id, by tag, by method and by path',
  async () => {
    expect((await chosen({ include: ['tag:pets'], exclude: ['* /pets/{petId}*'] })).names).toEqual([
      'listPets',
      'createPet',
    ])
    expect((await chosen({ include: ['show*', 'DELETE /pets/*'] })).names).toEqual([
      'showPet',
      'delete_pets_petId',
    ])
    expect(await chosen({ include: ['listPets', 'listDogs'] })).toEqual({
      names: ['listPets'],
      problem: '"listDogs" names no operation',
    })
  },
)

verifies(
  'openapi:documents',
  'a document that cannot be used says what is wrong and where',
  async () => {
    const refused = async (document: unknown) => {
      await using written = await writeDocument(document)
      const opening = openUpstream({ openapi: written.path, baseUrl })
      await expect(opening).rejects.toThrow(`its description ${written.path} cannot be used: `)
      return opening.catch((error: Error) => error.message.split('cannot be used: ')[1])
    }

    expect(await refused('{"openapi": "3.1.0",}')).toBe(
      'it is not valid JSON, see line 1 column 21',
    )
    expect(await refused('openapi: 3.1.0\npaths:\n  /a: {\n')).toMatch(
      /^it is not valid YAML: .*line 4, column 1/,
    )
    expect(await refused('openapi: 3.1.0\nopenapi: 3.1.0\n')).toMatch(
      /keys must be unique.*line 2/i,
    )
    expect(await refused('just text')).toBe('it holds no object')
    expect(await refused({ info: {} })).toBe('it has no "openapi": it is no OpenAPI document')
    expect(await refused({ swagger: '2.0' })).toBe(
      'swagger: it is Swagger 2.0: convert it to OpenAPI 3',
    )
    expect(await refused({ openapi: '4.0.0' })).toBe(
      'openapi: it is "4.0.0": only 3.0 and 3.1 are known here',
    )
    expect(await refused(documentOf([]))).toBe('paths: it is no object')
    await expect(openUpstream({ openapi: '/nowhere/pets.json', baseUrl })).rejects.toThrow(
      'its description /nowhere/pets.json cannot be used: there is no such file',
    )
    await using missing = await startService((_request, response) => response.writeHead(404).end())
    await expect(openUpstream({ openapi: `${missing.url}/pets.json?key=hush` })).rejects.toThrow(
      `its description ${missing.url}/pets.json cannot be used: it was answered with HTTP 404`,
    )
  },
)

verifies('openapi:documents', 'one bad operation costs no other and is told', async () => {
  const { names, problem } = await toolsOf(
    documentOf({
      '/good': { get: { ...plain, operationId: 'good' } },
      '/a/{b}': { get: plain },
      '/up/../down': { get: plain },
      '/q?x=1': { get: plain },
      '/odd': { get: { ...plain, parameters: [{ name: 'x', in: 'body' }] } },
      '/else': 7,
      'x-note': 7,
    }),
  )

  expect(names).toEqual(['good'])
  expect(problem).toBe(
    '5 operations are left out: GET /up/../down (paths./up/../down: it is no path that can be asked for)',
  )
})

verifies('openapi:references', 'circles end, and nothing is fetched for a reference', async () => {
  await using elsewhere = await startService()
  const { tools, problem } = await toolsOf(
    documentOf(
      {
        '/tree': {
          post: {
            operationId: 'plant',
            requestBody: {
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Tree' } } },
            },
          },
        },
        '/circle': { get: { parameters: [{ $ref: '#/components/parameters/One' }] } },
        '/far': { get: { parameters: [{ $ref: `${elsewhere.url}/x.json` }] } },
        '/deep': {
          post: {
            requestBody: {
              content: {
                'application/json': {
                  schema: { properties: { a: { $ref: `${elsewhere.url}/x.json` } } },
                },
              },
            },
          },
        },
        '/file': { $ref: '../../etc/passwd' },
        '/nothing': { get: { parameters: [{ $ref: '#/components/parameters/toString' }] } },
      },
      {
        components: {
          parameters: {
            One: { $ref: '#/components/parameters/Two' },
            Two: { $ref: '#/components/parameters/One' },
          },
          schemas: {
            Tree: {
              type: 'object',
              properties: {
                left: { $ref: '#/components/schemas/Tree' },
                kin: { $ref: '#/components/schemas/a~1b%20c' },
              },
            },
            'a/b c': { type: 'string' },
          },
        },
      },
    ),
  )

  expect(tools.map(({ name }) => name)).toEqual(['plant'])
  expect(tools[0]?.inputSchema.$defs).toEqual({
    Tree: {
      type: 'object',
      properties: { left: { $ref: '#/$defs/Tree' }, kin: { $ref: '#/$defs/a_1b_20c' } },
    },
    a_1b_20c: { type: 'string' },
  })
  expect(problem).toContain('5 operations are left out')
  expect(elsewhere.requests).toEqual([])
})

verifies('openapi:bounds', 'what is too much is refused, or left out of a schema', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 1001 }, (_, index) => [`/p${index}`, { get: plain }]),
  )
  const laughs = Array.from({ length: 12 }, (_, index) =>
    index === 0
      ? 'a0: &a0 [x, x, x, x, x, x, x, x, x]'
      : `a${index}: &a${index} [${Array.from({ length: 9 }, () => `*a${index - 1}`).join(', ')}]`,
  )

  expect(await refusal(documentOf(many))).toContain('1001 operations, more than 1000')
  expect(await refusal(`{"a":${'['.repeat(200)}${']'.repeat(200)}}`)).toContain(
    'nests deeper than 100 levels',
  )
  expect(await refusal(`openapi: 3.1.0\n${laughs.join('\n')}\n`)).toMatch(/alias/i)
  expect(await refusal(`openapi: 3.1.0\n# ${'x'.repeat(2 * 1024 * 1024)}\n`)).toContain(
    'give the same document as JSON',
  )
  expect(await refusal(`{"a":"${'x'.repeat(17 * 1024 * 1024)}"}`)).toContain('more than 16777216')
  const { tools } = await toolsOf(
    documentOf({
      '/big': {
        post: {
          operationId: 'big',
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: {
                  properties: Object.fromEntries(
                    Array.from({ length: 2000 }, (_, index) => [`p${index}`, {}]),
                  ),
                },
              },
            },
          },
        },
      },
    }),
  )
  expect(tools[0]?.inputSchema).toEqual({
    type: 'object',
    properties: { body: { description: 'Its schema is too large to be shown.' } },
    required: ['body'],
    additionalProperties: false,
  })
})
