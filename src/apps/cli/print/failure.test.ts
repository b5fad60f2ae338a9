import { expect, test } from 'vitest'

import { GatewayError } from '../../../contract/gateway-error.ts'
import { RpcError } from '../link.ts'
import { printFailure } from './failure.ts'

const style = { color: false, debug: false }

test('a failure is two lines: what happened, and what to do', () => {
  const failure = new GatewayError('tool_unknown', { tool: 'ad', nearest: 'add' })

  expect(printFailure(failure, style)).toEqual({
    text: 'No tool is named "ad"\n  → Did you mean "add"?\n',
    exit: 1,
  })
})

test.each([
  [new GatewayError('usage_invalid', { problem: 'p', remedy: 'r' }), 2],
  [new GatewayError('gateway_unreachable', { url: 'u', reason: 'r' }), 3],
  [new GatewayError('server_unreachable', { server: 's', reason: 'r' }), 3],
  [new GatewayError('bind_refused', { host: 'h' }), 4],
  [new RpcError(-32603, 'm', { code: 'server_unreachable' }), 3],
  [new RpcError(-32603, 'm', { code: 'origin_refused' }), 4],
  [new RpcError(-32602, 'm', { code: 'something_else' }), 1],
  [new RpcError(-32602, 'm'), 1],
])('%s ends with %i', (cause, exit) => {
  expect(printFailure(cause, style).exit).toBe(exit)
})

test('text from a server cannot write to the terminal through an error', () => {
  const { text } = printFailure(new RpcError(0, 'a\u001B[2Jb', { remedy: 'c\u202E\nd' }), style)

  expect(text).toBe('ab\n  → c d\n')
})

test('a fault of our own shows no stack unless it is asked for', () => {
  expect(printFailure(new TypeError('oops'), style).text).not.toContain('    at ')
  expect(printFailure(new TypeError('oops'), { color: false, debug: true }).text).toContain(
    '    at ',
  )
})
