import { expect } from 'vitest'
import { recorderOverStdio } from '../fixtures/recorder/entry.ts'
import { statusOf } from '../faults/seen.ts'
import { freePort } from '../kit/free-port.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'

const engines = ['relay', 'undici'] as const

verifies(
  'security:V58',
  'V58: a gateway that is its own server refuses that server, and says why',
  async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}/mcp`
    const servers = Object.fromEntries(
      engines.map((engine) => [engine, { url, engine, allowPrivate: true }]),
    )
    await using gateway = await startGateway({ servers }, { args: ['--port', String(port)] })

    for (const engine of engines)
      await expect
        .poll(async () => (await statusOf(gateway, engine)).reason)
        .toMatch(/leads back to this gateway/)
  },
)

verifies(
  'security:V58',
  "V58: two gateways that are each other's servers find out, and list nothing that went round",
  async () => {
    const [first, second] = [await freePort(), await freePort()]
    await using one = await startGateway(config(second), { args: ['--port', String(first)] })
    await using two = await startGateway(config(first), { args: ['--port', String(second)] })
    const gateways = [one, two]
    const reasons = () =>
      Promise.all(gateways.map(async (gateway) => (await statusOf(gateway, 'other')).reason ?? ''))

    await expect.poll(async () => (await reasons()).join(' ')).toMatch(/leads back to this gateway/)

    for (const { port } of gateways) {
      const response = await fetch(`http://127.0.0.1:${port}/api/tools?limit=1000`)
      const { tools }: { tools: readonly { name: string }[] } = JSON.parse(await response.text())
      const names = tools.map(({ name }) => name)
      expect(names).toContain('own__wait')
      expect(names.filter((name) => name.startsWith('other__other'))).toEqual([])
    }
  },
)

/** A gateway with a server of its own, behind which stands the gateway at this port. */
function config(other: number) {
  return {
    naming: 'prefix',
    servers: {
      own: recorderOverStdio('modern'),
      other: { url: `http://127.0.0.1:${other}/mcp`, allowPrivate: true },
    },
  }
}
