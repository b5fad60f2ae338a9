import { describe, expect } from 'vitest'

import { verifies } from '../../requirements/verifies.ts'
import { openPrograms } from './bed.ts'
import { isHere } from './installed.ts'
import { codex, gemini } from './settings.ts'

describe.concurrent('in a sandbox', () => {
  for (const setting of [codex, gemini]) {
    const { name } = setting('http://127.0.0.1:9')
    describe.skipIf(!isHere(name))(name, () => {
      verifies(
        'llm:deputy:sandbox',
        'works, and finds its session again',
        async ({ skip }) => {
          await using bed = await openPrograms(setting, { sandbox: 'auto' })
          const { value } = await bed.call('get_llm_status', {})
          const status = Object(Object(value['models'])[name])
          skip(status.sandboxed !== true, 'this system has no sandbox')
          const asked = { model: name, model_id: 'fake-model', timeout: 120 }
          bed.provider.script('fake-model', { text: 'first' }, { text: 'second' })

          const begun = await bed.call('execute_llm', { ...asked, prompt: 'one' })
          const resumed = await bed.call('resume_llm', {
            ...asked,
            prompt: 'two',
            session_id: begun.value['session_id'],
          })

          expect(begun.value).toMatchObject({ success: true, output: 'first', attempts: 1 })
          expect(resumed.value).toMatchObject({ success: true, output: 'second' })
        },
        120_000,
      )
    })
  }
})
