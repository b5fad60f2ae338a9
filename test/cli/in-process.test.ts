import { expect } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import { withGantry } from './run-gantry.ts'

verifies(
  'cli:running-or-in-process',
  'without a gateway and without a file, the example server is opened, called and closed',
  withGantry(async ({ gantry }) => {
    const call = await gantry(['call', 'add', 'a=2', 'b=3'])
    const list = await gantry(['ls', '--json'])

    expect(call).toMatchObject({ code: 0, stdout: '5\n' })
    expect(JSON.parse(list.stdout)).toMatchObject([{ name: 'example', state: 'ready', tools: 3 }])
  }),
)

verifies(
  'cli:call:nearest',
  'a tool that is not there is told with what may be meant',
  withGantry(async ({ gantry }) => {
    expect(await gantry(['call', 'ehco', 'message=x'])).toMatchObject({
      code: 1,
      stderr: 'No tool is named "ehco"\n  → Did you mean "echo"?\n',
    })
  }),
)
