import { startScripted } from '../fixtures/scripted/gateway.ts'
import type { ScriptedGateway } from '../fixtures/scripted/gateway.ts'
import type { Script } from '../fixtures/scripted/script.ts'
import { textResult, tool } from '../fixtures/scripted/script.ts'

export type Bed = ScriptedGateway<'docs' | 'other'>

const docs: Script = {
  era: 'modern',
  tools: [
    tool('search'),
    tool('fails'),
    tool('refuses'),
    tool('asks'),
    tool('covert'),
    tool('hangs'),
  ],
  prompts: ['{"name":"greet"}'],
  resources: ['{"uri":"note://me:pass@today?token=abc","name":"one"}'],
  on: {
    'tools/call': ({ heard: { params }, answer, refuse }) => {
      const { name } = params
      if (name === 'hangs') return
      if (name === 'refuses') return refuse('{"code":-32001,"message":"no"}')
      if (name === 'fails') return answer('{"isError":true,"content":[],"resultType":"complete"}')
      if (name === 'asks')
        return answer(
          '{"resultType":"input_required","inputRequests":{"k":{"method":"roots/list"}}}',
        )
      answer(textResult('found'))
    },
    'prompts/get': ({ answer }) => answer('{"messages":[],"resultType":"complete"}'),
    'resources/read': ({ answer }) => answer('{"contents":[],"resultType":"complete"}'),
  },
}

/** A server whose tools end in every way there is, another one, and rules that hide and ask. */
export function startBed(): Promise<Bed> {
  return startScripted(
    'http',
    { docs, other: { ...docs, tools: [tool('look')], prompts: [], resources: [] } },
    {
      config: {
        access: {
          rules: [
            { effect: 'deny', tools: ['covert'] },
            { effect: 'ask', tools: ['asks'], principals: ['ci'] },
          ],
        },
      },
    },
  )
}
