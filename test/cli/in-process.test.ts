import { expect, test as base } from 'vitest'

import { inFolder } from './run-gantry.ts'
import type { InFolder } from './run-gantry.ts'

const test = base.extend<InFolder>(inFolder)

test('without a gateway and without a file, the example server is opened, called and closed', async ({
  gantry,
}) => {
  const call = await gantry(['call', 'add', 'a=2', 'b=3'])
  const list = await gantry(['ls', '--json'])

  expect(call).toMatchObject({ code: 0, stdout: '5\n' })
  expect(JSON.parse(list.stdout)).toMatchObject([{ name: 'example', state: 'ready', tools: 3 }])
})

test('a tool that is not there is told with what may be meant', async ({ gantry }) => {
  expect(await gantry(['call', 'ehco', 'message=x'])).toMatchObject({
    code: 1,
    stderr: 'No tool is named "ehco"\n  → Did you mean "echo"?\n',
  })
})
