import { expect, test } from 'vitest'

import type { CallRecord } from '../../../contract/calls.ts'
import { printCall } from './call-record.ts'

const call: CallRecord = {
  id: 'a-1',
  time: '2026-11-21T10:00:00.000Z',
  principal: 'local',
  method: 'tools/call',
  server: 'files',
  tool: 'write',
  decision: 'ask',
  outcome: 'result',
  executed: 'executed',
  duration_ms: 3,
  request_bytes: 1,
  reply_bytes: 1,
  attempts: 1,
}

function told(changes: Partial<CallRecord>): string {
  return printCall({ ...call, ...changes }, false)
}

test('a call that somebody allowed says so, and one that was asked about or refused says that', () => {
  expect(told({ approval: { by: 'ann', scope: 'once' } })).toContain('  result allowed by ann  ')
  expect(told({ outcome: 'input_required', executed: 'not_executed' })).toContain('  asked  ')
  expect(told({ outcome: 'error', executed: 'not_executed', code: 'needs_approval' })).toContain(
    '  refused needs_approval  ',
  )
})

test('what ran and failed, or may have run, is not told as refused', () => {
  expect(told({ outcome: 'tool_error' })).toContain('  tool error  ')
  expect(told({ outcome: 'error', executed: 'unknown', code: 'server_lost' })).toContain(
    '  error server_lost (unknown)  ',
  )
})
