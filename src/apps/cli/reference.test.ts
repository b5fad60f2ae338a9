import { expect, test } from 'vitest'

import { printCliReference } from './reference.ts'

test('the reference has a section for every command', () => {
  const reference = printCliReference()
  const commands =
    'up stdio config add remove enable disable ls logs tools call prompts prompt resources read'

  for (const command of commands.split(' ')) expect(reference).toContain(`\n## gantry ${command}\n`)
  expect(reference).toContain('--args <json>')
})
