import { afterAll, beforeAll, expect } from 'vitest'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { ApprovalList } from '../../src/contract/rest/approvals.ts'
import { look } from '../door/look.ts'
import { verifies } from '../requirements/verifies.ts'
import type { Asked, Bed } from './bed.ts'
import { callsAt, choosing, connect, rules, startBed } from './bed.ts'

let bed: Bed
beforeAll(async () => {
  bed = await startBed({ access: { rules } })
})
afterAll(() => bed[Symbol.asyncDispose]())

const waiting = async () => {
  const answer = await fetch(`http://127.0.0.1:${bed.gateway.port}/api/approvals`)
  return ApprovalList.parse(await answer.json()).approvals
}

for (const era of ['modern', 'legacy'] as const) {
  for (const server of ['new', 'old'] as const) {
    verifies(
      era === 'modern' ? 'consent:modern' : 'consent:legacy',
      `a person behind the official client of the ${era} era lets a call to a server of the ${server === 'new' ? 'modern' : 'legacy'} era through`,
      async () => {
        const asked: Asked[] = []
        await using client = await connect({
          url: bed.gateway.url,
          era,
          person: (question) => {
            asked.push(question)
            return choosing(asked.length === 1 ? 'once' : 'deny')
          },
        })
        const before = callsAt(bed, server).length
        const args = { path: `/${era}`, size: 7 }
        const call = { name: `write_${server}`, arguments: args }

        const { content } = await client.callTool(call)
        await expect(client.callTool(call)).rejects.toThrow('Somebody was asked and said no')
        await expect(client.callTool(call)).rejects.toThrow('Somebody was asked and said no')

        expect(content).toEqual([{ type: 'text', text: `wrote ${JSON.stringify(args)}` }])
        expect(asked).toHaveLength(2)
        expect(asked[0]?.message).toContain(`"path": "/${era}"`)
        expect(asked[0]?.message).toContain(`"write_${server}"`)
        const sent = callsAt(bed, server).slice(before)
        expect(sent).toHaveLength(1)
        for (const own of ['gantry/', 'inputResponses', 'requestState'])
          expect(sent[0]).not.toContain(own)
        expect(await waiting()).toEqual([])
      },
    )
  }
}

verifies(
  'consent:modern',
  'a server that asks for more goes on with an approved call',
  async () => {
    const asked: string[] = []
    await using client = await connect({
      url: bed.gateway.url,
      era: 'modern',
      person: ({ message }) => {
        asked.push(message)
        return message.includes('Which name') ? { content: { name: 'n' } } : choosing('once')
      },
    })

    const { content } = await client.callTool({ name: 'write_twice', arguments: { a: 1 } })

    expect(content).toEqual([{ type: 'text', text: 'wrote {"a":1}' }])
    expect(asked).toHaveLength(2)
    expect(callsAt(bed, 'new').at(-1)).toContain('"requestState":"theirs"')
    expect(await waiting()).toEqual([])
  },
)

verifies(
  'consent:legacy',
  'the older official client is asked, and a yes for its session holds there',
  async () => {
    const client = new ClientV1(
      { name: 'old', version: '1' },
      { capabilities: { elicitation: {} } },
    )
    let asked = 0
    client.setRequestHandler(ElicitRequestSchema, () => {
      asked++
      return choosing('conversation')
    })
    await client.connect(new HttpV1(new URL(bed.gateway.url)))

    for (const n of [1, 2, 3])
      await client.callTool({ name: 'write_old', arguments: { session: n } })
    await client.close()

    expect(asked).toBe(1)
    const other = await connect({ url: bed.gateway.url, era: 'legacy' })
    const refused = other.callTool({ name: 'write_old', arguments: { session: 1 } })
    await expect(refused).rejects.toThrow('needs approval')
    expect(await waiting()).toMatchObject([{ arguments: { session: 1 }, waits: false }])
    await fetch(bed.gateway.url, {
      method: 'DELETE',
      headers: { 'mcp-session-id': sessionOf(other.transport) },
    })
    await other.close()
    expect(await waiting()).toEqual([])
  },
)

verifies(
  'consent:ends',
  'a client that leaves while its person is asked leaves nothing behind',
  async () => {
    const asked = Promise.withResolvers<void>()
    const never = Promise.withResolvers<object>()
    const leaving = new AbortController()
    await using client = await connect({
      url: bed.gateway.url,
      era: 'legacy',
      person: () => {
        asked.resolve()
        return never.promise
      },
    })
    const before = callsAt(bed, 'old').length
    const call = client.callTool(
      { name: 'write_old', arguments: { left: true } },
      { signal: leaving.signal },
    )
    call.catch(() => undefined)
    await asked.promise
    expect(await waiting()).toContainEqual(
      expect.objectContaining({ kind: 'call', tool: 'write_old', waits: true }),
    )

    leaving.abort()
    await expect(call).rejects.toThrow(/abort/i)
    await expect.poll(waiting).not.toContainEqual(expect.objectContaining({ waits: true }))
    never.resolve({})
    expect((await look(bed.gateway.folder)).counts).toMatchObject({ held_approvals: 0 })
    expect(callsAt(bed, 'old')).toHaveLength(before)
  },
)

function sessionOf(transport: object | undefined): string {
  const id: unknown = Reflect.get(transport ?? {}, 'sessionId')
  if (typeof id !== 'string') throw new Error('it has no session')
  return id
}
