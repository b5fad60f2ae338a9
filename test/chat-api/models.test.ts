import { createServer } from 'node:http'
import { expect } from 'vitest'
import { freePort } from '../kit/free-port.ts'
import { listeningOn } from '../kit/listening-on.ts'
import { verifies } from '../requirements/verifies.ts'
import { startFakeProvider } from '../fixtures/provider/provider.ts'
import { openBed } from './bed.ts'

verifies('chat-api:models', 'all that can be asked are listed, and soon', async () => {
  await using provider = await startFakeProvider({ models: ['small', 'vendor/large'] })
  const mute = createServer(() => undefined)
  const mutePort = await listeningOn(mute)
  await using bed = await openBed({
    config: {
      chat: {
        providers: {
          works: { baseUrl: `${provider.url}/v1`, apiKey: 'x', allowPrivate: true },
          named: { baseUrl: 'http://127.0.0.1:9/v1', models: ['one', 'two'], allowPrivate: true },
          mute: { baseUrl: `http://127.0.0.1:${mutePort}/v1`, apiKey: 'x', allowPrivate: true },
          gone: { baseUrl: `http://127.0.0.1:${await freePort()}/v1`, allowPrivate: true },
        },
      },
    },
  })
  try {
    const { models } = bed.client
    const [{ data }, found, none] = await Promise.all([
      models.list({ timeout: 10_000 }),
      models.retrieve('works/vendor/large', { timeout: 10_000 }),
      models.retrieve('works/none', { timeout: 10_000 }).catch((error: unknown) => error),
    ])
    const ids = data.map(({ id }) => id)

    expect(ids).toEqual(
      expect.arrayContaining([
        'works/small',
        'works/vendor/large',
        'named/one',
        'named/two',
        'demo',
      ]),
    )
    expect(ids.filter((id) => /^(?:mute|gone)\//.test(id))).toEqual([])
    expect(data[0]).toMatchObject({ object: 'model', owned_by: expect.any(String) })
    expect(found).toEqual({
      id: 'works/vendor/large',
      object: 'model',
      created: 0,
      owned_by: 'works',
    })
    expect(none).toMatchObject({ status: 404, code: 'model_not_found' })
  } finally {
    mute.closeAllConnections()
    mute.close()
  }
})
