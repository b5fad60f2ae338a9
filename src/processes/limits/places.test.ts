import { expect, test } from 'vitest'
import { candidatePlaces } from './places.ts'

const versionOne = `35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime shared:9 - cgroup cgroup rw,pids
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw`
const versionTwo = '25 30 0:23 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate'

test('with version 1 each controller has a folder of its own', () => {
  const groups = '8:pids:/\n4:memory:/user/7\n0::/'

  expect(candidatePlaces('memory', groups, versionOne)[0]).toEqual({
    version: 1,
    folder: '/sys/fs/cgroup/memory/user/7',
  })
  expect(candidatePlaces('pids', groups, versionOne)[0]).toEqual({
    version: 1,
    folder: '/sys/fs/cgroup/pids',
  })
})

test('with version 2 the group beside ours is tried after ours', () => {
  const groups = '0::/user.slice/user-1000.slice/user@1000.service/app.slice/term.scope\n'

  expect(candidatePlaces('memory', groups, versionTwo).map(({ folder }) => folder)).toEqual([
    '/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/term.scope',
    '/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice',
  ])
})

test('the topmost group has none beside it', () => {
  expect(candidatePlaces('pids', '0::/', versionTwo)).toEqual([
    { version: 2, folder: '/sys/fs/cgroup' },
  ])
})

test('a container that sees only its own part is followed there', () => {
  const mounts =
    '9 8 0:32 /docker/ab /sys/fs/cgroup/memory ro,nosuid master:5 - cgroup cgroup rw,memory'

  expect(candidatePlaces('memory', '4:memory:/docker/ab/inner', mounts)).toEqual([
    { version: 1, folder: '/sys/fs/cgroup/memory/inner' },
  ])
  expect(candidatePlaces('memory', '4:memory:/docker/other', mounts)).toEqual([])
})

test.each([
  ['a group outside what is seen', '0::/../other', versionTwo],
  ['no control groups at all', '', ''],
  ['a system that tells odd things', 'x\n1:2', 'a - b\n- - -'],
])('%s offers no place', (_, groups, mounts) => {
  expect(candidatePlaces('memory', groups, mounts)).toEqual([])
})
