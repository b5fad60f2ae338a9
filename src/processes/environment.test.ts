import { expect, test } from 'vitest'
import { childEnvironment, isPlainForShell } from './environment.ts'

test('of our environment a child gets only the names programs need', () => {
  const base = {
    PATH: '/bin',
    HOME: '/h',
    LANG: 'C.UTF-8',
    OPENAI_API_KEY: 'secret',
    LD_PRELOAD: 'x.so',
  }

  expect(childEnvironment({}, base, 'linux')).toEqual({ PATH: '/bin', HOME: '/h', LANG: 'C.UTF-8' })
})

test.each([
  'LD_PRELOAD',
  'DYLD_INSERT_LIBRARIES',
  'NODE_OPTIONS',
  'PYTHONPATH',
  'BASH_ENV',
  'GIT_SSH_COMMAND',
])('%s reaches a child only when it is declared', (name) => {
  expect(childEnvironment({}, { [name]: 'ours' }, 'linux')).toEqual({})
  expect(childEnvironment({ [name]: 'theirs' }, { [name]: 'ours' }, 'linux')).toEqual({
    [name]: 'theirs',
  })
})

test('what is declared wins over what is inherited', () => {
  expect(childEnvironment({ PATH: '/mine' }, { PATH: '/bin', TZ: 'UTC' }, 'linux')).toEqual({
    PATH: '/mine',
    TZ: 'UTC',
  })
})

test('an exported shell function and an unset name are not inherited', () => {
  expect(childEnvironment({}, { TERM: '() { :; }', HOME: undefined }, 'linux')).toEqual({})
})

test('names are compared without case on Windows', () => {
  expect(
    childEnvironment(
      { path: 'C:\\mine' },
      { Path: 'C:\\x', SystemRoot: 'C:\\W', HOME: 'x' },
      'win32',
    ),
  ).toEqual({
    path: 'C:\\mine',
    SystemRoot: 'C:\\W',
  })
})

test.each(['npm_config_@x:registry', 'A.B', 'PWD', 'IFS', '1A', ''])(
  'an environment with %j is not one a shell hands on unchanged',
  (name) => {
    expect(isPlainForShell({ GOOD_1: '', [name]: '' })).toBe(false)
    expect(isPlainForShell({ GOOD_1: '' })).toBe(true)
  },
)
