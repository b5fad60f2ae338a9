import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OAuth2Server } from 'oauth2-mock-server'
import { expect } from 'vitest'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { ask } from '../rest/ask.ts'
import { startGuardedServer } from './guarded-server.ts'

async function startMockServer() {
  const server = new OAuth2Server()
  await server.issuer.keys.generate('RS256')
  await server.start(0, '127.0.0.1')
  const { port } = server.address()
  const tokenUrl = `http://127.0.0.1:${port}/token`
  return { server, tokenUrl, [Symbol.asyncDispose]: () => server.stop() }
}

/** The claims of a token, wherever it was signed. */
function claimsOf(authorization: string | undefined): Record<string, unknown> {
  const [, payload] = authorization?.replace(/^Bearer /, '').split('.') ?? []
  try {
    return JSON.parse(Buffer.from(payload ?? '', 'base64url').toString())
  } catch {
    return {}
  }
}

for (const era of ['modern', 'legacy'] as const)
  verifies(
    'sign-in:client-credentials',
    `the requests of an older gateway add a ${era} server that asks for tokens, and call it`,
    async () => {
      await using auth = await startMockServer()
      await using server = await startGuardedServer(
        (authorization) => claimsOf(authorization)['scope'] === 'read:tools',
        era,
      )
      await using gateway = await startGateway({ servers: {} })

      const added = await ask(gateway, '/mcp/servers', {
        body: {
          name: 'my_server',
          url: server.url,
          oauth2_client_id: 'client_id',
          oauth2_client_secret: 'client_secret',
          oauth2_token_url: auth.tokenUrl,
          oauth2_scopes: ['read:tools'],
          timeout: 30,
        },
      })
      const tools = await ask(gateway, '/mcp/tools?server_name=my_server')
      const called = await ask(gateway, '/mcp/tools/call', {
        body: {
          server_name: 'my_server',
          tool_name: 'works',
          arguments: { query: 'SELECT * FROM users', limit: 10 },
        },
      })
      const status = await ask(gateway, '/mcp/servers/status')

      expect(added).toMatchObject({ status: 201, json: { state: 'ready', era, tools: 3 } })
      expect(tools.json.tools).toHaveLength(3)
      expect(called).toMatchObject({
        status: 200,
        json: { is_error: false, content: [{ text: 'done' }] },
      })
      expect(status.json).toMatchObject([
        { name: 'my_server', state: 'ready', auth: { type: 'oauth', state: 'ok' } },
      ])
      const endsIn = Date.parse(status.json[0].auth.expires_at) - Date.now()
      expect(endsIn).toBeGreaterThan(3_000_000)
      expect(endsIn).toBeLessThan(3_700_000)
      expect(server.refusals).toBe(0)
      const said = [added, tools, called, status].map(({ text }) => text).join('')
      expect(said + gateway.stderr() + gateway.stdout()).not.toContain('client_secret"')

      const file = JSON.parse(await readFile(join(gateway.folder, 'gantry.json'), 'utf8'))
      expect(file.servers).toEqual({
        my_server: {
          url: server.url,
          timeoutMs: 30_000,
          auth: {
            type: 'oauth',
            tokenUrl: auth.tokenUrl,
            clientId: 'client_id',
            clientSecret: 'client_secret',
            scopes: ['read:tools'],
          },
        },
      })
    },
    60_000,
  )
