import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { verifies } from '../../test/requirements/verifies.ts'
import type { Config } from '../contract/config.ts'
import { readConfig } from '../contract/config/read.ts'
import type { Entry } from '../core/catalog/listing.ts'
import { allGrants, parseGrant } from './grant.ts'
import { createRights } from './rights.ts'

function configOf(settings: object): Config {
  const { config, problems } = readConfig(settings, { env: {}, readFile: () => '' })
  if (!config) throw new Error(problems.map(({ problem }) => problem).join('\n'))
  return config
}

const tool = (server: string, name: string, annotations?: object): Entry => ({
  server,
  name,
  bytes: Buffer.from(JSON.stringify({ name, ...(annotations && { annotations }) })),
})

function rightsOf(
  settings: object,
  {
    scopes,
    profile,
    principal = 'ci',
  }: { scopes?: string[]; profile?: string; principal?: string },
) {
  const grants = scopes?.map(parseGrant).filter((grant) => typeof grant !== 'string') ?? allGrants
  return createRights(configOf(settings), principal, { grants, profile })
}

const deny = (rest: object) => ({ effect: 'deny', ...rest })
const rules = (...all: object[]) => ({ access: { rules: all } })

verifies('access:rules:first-fits', 'the first rule that fits decides, and none allows', () => {
  const rights = rightsOf(
    rules(
      { effect: 'allow', tools: ['read_*'] },
      { effect: 'ask', servers: ['files'], tools: ['write_*'] },
      deny({ servers: ['files'] }),
    ),
    {},
  )

  expect(rights.decide(tool('files', 'read_all'))).toBe('allow')
  expect(rights.decide(tool('files', 'write_all'))).toBe('ask')
  expect(rights.seesTool(tool('files', 'write_all'))).toBe(true)
  expect(rights.seesTool(tool('files', 'delete'))).toBe(false)
  expect(rights.decide(tool('docs', 'delete'))).toBe('allow')
  expect(rights.reads('files')).toBe(false)
  expect(rights.reads('docs')).toBe(true)
})

verifies('access:rules:first-fits', 'a rule is for the principals it names', () => {
  const settings = rules(deny({ principals: ['ci-*'], tools: ['*'] }))

  expect(rightsOf(settings, { principal: 'ci-1' }).seesTool(tool('a', 'x'))).toBe(false)
  expect(rightsOf(settings, { principal: 'local' }).seesTool(tool('a', 'x'))).toBe(true)
})

verifies(
  'access:rules:first-fits',
  'what a tool says of itself counts only of trusted servers',
  () => {
    const settings = {
      servers: {
        trusted: { command: 'x', trustAnnotations: true },
        liar: { command: 'x' },
      },
      ...rules(
        { effect: 'allow', annotations: { readOnlyHint: true } },
        { effect: 'ask', annotations: { destructiveHint: false } },
        deny({ tools: ['*'] }),
      ),
    }
    const rights = rightsOf(settings, {})

    expect(rights.decide(tool('trusted', 'a', { readOnlyHint: true }))).toBe('allow')
    expect(rights.decide(tool('trusted', 'b', { destructiveHint: false }))).toBe('ask')
    expect(rights.seesTool(tool('trusted', 'c', {}))).toBe(false)
    expect(rights.seesTool(tool('liar', 'a', { readOnlyHint: true }))).toBe(false)
    expect(rights.seesTool(tool('liar', 'b', { destructiveHint: false }))).toBe(false)
  },
)

test('a server of which rules hide everything is not known to exist, except to its operator', () => {
  const settings = rules(
    { effect: 'allow', servers: ['some'], tools: ['x'] },
    deny({ servers: ['none', 'some'] }),
  )
  const reader = rightsOf(settings, { scopes: ['read', 'call'] })
  const operator = rightsOf(settings, { scopes: ['read', 'config'] })

  expect(reader.seesServer('none')).toBe(false)
  expect(reader.seesServer('some')).toBe(true)
  expect(reader.seesServer('other')).toBe(true)
  expect(operator.seesServer('none')).toBe(true)
})

test('scopes let do what they say, and no more', () => {
  const rights = rightsOf({}, { scopes: ['read:docs', 'call:files/read_*', 'config:lab-*'] })

  expect(rights.reads('docs')).toBe(true)
  expect(rights.reads('files')).toBe(false)
  expect(rights.seesTool(tool('docs', 'any'))).toBe(true)
  expect(rights.decide(tool('docs', 'any'))).toBe('deny')
  expect(rights.decide(tool('files', 'read_x'))).toBe('allow')
  expect(rights.seesTool(tool('files', 'write_x'))).toBe(false)
  expect(rights.seesServer('third')).toBe(false)
  expect(rights.allows('config')).toBe(false)
  expect(rights.allows('config', 'lab-1')).toBe(true)
  expect(rights.allows('config', 'docs')).toBe(false)
  expect(rights.holds('config')).toBe(true)
  expect(rights.holds('keys')).toBe(false)
})

test('a profile bounds all that its key lets do', () => {
  const settings = { profiles: { maths: { servers: ['calc'], tools: ['add'] } } }
  const rights = rightsOf(settings, { profile: 'maths' })

  expect(rights.seesTool(tool('calc', 'add'))).toBe(true)
  expect(rights.seesTool(tool('calc', 'clock'))).toBe(false)
  expect(rights.seesServer('docs')).toBe(false)
  expect(rights.allows('config')).toBe(false)
  expect(rights.allows('config', 'docs')).toBe(false)
})

test('who was confined to a profile that is gone sees nothing', () => {
  const rights = rightsOf({}, { profile: 'gone' })

  expect(rights.seesTool(tool('a', 'x'))).toBe(false)
  expect(rights.seesServer('a')).toBe(false)
})

test('only where nothing is hidden is it the view of everybody', () => {
  expect(rightsOf({}, {}).id).toBe('')
  expect(rightsOf({}, { scopes: ['read', 'call'] }).id).toBe('')
  const others = [
    rightsOf({}, { scopes: ['read'] }),
    rightsOf({}, { scopes: ['read', 'call:a'] }),
    rightsOf({}, { profile: 'p' }),
    rightsOf(rules(deny({ tools: ['x'] })), {}),
  ].map(({ id }) => id)
  expect(new Set([...others, '']).size).toBe(5)
  expect(rightsOf({}, { scopes: ['read'], principal: 'a' }).id).toBe(
    rightsOf({}, { scopes: ['read'], principal: 'b' }).id,
  )
})

verifies('access:tuples:V36', 'a rule for one server is none for another with a like name', () => {
  const servers = ['a', 'a__b', 'a_', 'aa']
  const tools = ['x', 'b__x', '_b__x', 'a__x']
  const rights = rightsOf(rules({ effect: 'allow', servers: ['a'], tools: ['x'] }, deny({})), {})
  const scoped = rightsOf({}, { scopes: ['call:a/x'] })
  const shown = servers.flatMap((server) => tools.map((name) => tool(server, name)))

  for (const one of [rights, scoped]) {
    const seen = shown
      .filter((entry) => one.seesTool(entry))
      .map(({ server, name }) => [server, name])
    expect(seen).toEqual([['a', 'x']])
  }
})

verifies(
  'access:tuples:V36',
  'whatever servers and tools are called, a denied pair alone is denied',
  () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 })
    const plain = name.filter((text) => !text.includes('*') && !text.includes('/'))
    const pair = fc.tuple(plain, plain)
    fc.assert(
      fc.property(pair, pair, ([server, called], [otherServer, otherCalled]) => {
        const rights = rightsOf(rules(deny({ servers: [server], tools: [called] })), {})
        const isSame = server === otherServer && called === otherCalled

        expect(rights.seesTool(tool(server, called))).toBe(false)
        expect(rights.seesTool(tool(otherServer, otherCalled))).toBe(!isSame)
      }),
    )
  },
)

const given = (args: string) => () => Buffer.from(args)

verifies(
  'consent:rules:arguments',
  'a rule that looks at arguments decides calls and hides nothing',
  () => {
    const rights = rightsOf(
      rules(
        deny({ tools: ['write'], arguments: { path: ['/etc/*', '*.key'] } }),
        { effect: 'allow', tools: ['write'], arguments: { path: '/tmp/*', dry: true, times: 2 } },
        { effect: 'ask', tools: ['write'] },
      ),
      {},
    )
    const write = tool('files', 'write')
    const decide = (args: string) => rights.decide(write, given(args))

    expect(rights.seesTool(write)).toBe(true)
    expect(rights.seesServer('files')).toBe(true)
    expect(decide('{"path":"/etc/passwd","dry":true,"times":2}')).toBe('deny')
    expect(decide('{"path":"/tmp/a","dry":true,"times":2.0}')).toBe('allow')
    expect(decide('{"path":"/tmp/a","dry":true}')).toBe('ask')
    expect(decide('{"path":"/tmp/a","dry":"true","times":2}')).toBe('ask')
    expect(decide('[]')).toBe('ask')
    expect(rights.decide(write)).toBe('ask')
    expect(rights.judge(write, given('{"path":"/etc/x"}'))).toMatchObject({
      decision: 'deny',
      rule: 'access.rules[0]',
    })
    expect(rights.rules.lookingAt(write).map(({ index }) => index)).toEqual([0, 1])
  },
)

const decideBy = (effect: string, args: string) => {
  const looking = { effect, tools: ['t'], arguments: { path: '/ok/*' } }
  return rightsOf(rules(looking, { effect: 'ask' }), {}).decide(tool('s', 't'), given(args))
}

verifies(
  'consent:rules:arguments',
  'what allows is sure, and what denies needs one sign only',
  () => {
    for (const args of [
      '{"path":["/ok/a","/no"]}',
      '{"path":"/ok/a","path":"/no"}',
      '{"p\\u0061th":"/no","path":"/ok/a"}',
      '{"path":"/ok/../no"}',
      '{"path":"/ok/.."}',
      '{"path":{"path":"/ok/a"}}',
      '{"path":null}',
      '{"path":[]}',
      '{"Path":"/ok/a"}',
    ])
      expect(decideBy('allow', args), args).toBe('ask')
    expect(decideBy('allow', '{"path":["/ok/a","/ok/b"]}')).toBe('allow')
    expect(decideBy('deny', '{"path":["/no","/ok/a"]}')).toBe('deny')
    expect(decideBy('deny', '{"path":"/no","path":"/ok/a"}')).toBe('deny')
    expect(decideBy('deny', '{"path":"/no"}')).toBe('ask')
  },
)

verifies(
  'consent:rules:arguments',
  'a hidden tool stays hidden, whatever a rule says of its arguments',
  () => {
    const rights = rightsOf(
      rules({ effect: 'allow', arguments: { a: '*' } }, deny({ servers: ['files'] })),
      { scopes: ['read', 'call'] },
    )

    expect(rights.seesTool(tool('files', 't'))).toBe(false)
    expect(rights.seesServer('files')).toBe(false)
    expect(rights.decide(tool('files', 't'), given('{"a":1}'))).toBe('deny')
    expect(rights.reads('docs')).toBe(true)
  },
)
