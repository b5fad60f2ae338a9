import { GatewayError } from '../../contract/gateway-error.ts'

/** Where to dial, from what was written after `--to`: the address of the gateway, or of its hub. */
export function hubAddress(text: string, allowsInsecure: boolean): URL {
  const url = URL.parse(text)
  const protocol = url && (protocols.get(url.protocol) ?? undefined)
  if (!url || protocol === undefined || url.username || url.password || url.search || url.hash) {
    throw new GatewayError('usage_invalid', {
      problem: `"${text}" is not the address of a gateway`,
      remedy: 'Write something like wss://gateway.example.com, without user name, "?" or "#".',
    })
  }
  const path = url.pathname === '/' ? '/agents' : url.pathname
  const address = new URL(`${protocol}//${url.host}${path}`)
  if (protocol === 'ws:' && !allowsInsecure && !isLoopback(address.hostname)) {
    throw new GatewayError('usage_invalid', {
      problem: `"${text}" is not encrypted: all that is said could be read and changed on the way`,
      remedy: 'Use wss://, or add --insecure where the way itself is safe, as in a VPN.',
    })
  }
  return address
}

const protocols: ReadonlyMap<string, 'ws:' | 'wss:'> = new Map([
  ['ws:', 'ws:'],
  ['http:', 'ws:'],
  ['wss:', 'wss:'],
  ['https:', 'wss:'],
])

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
}
