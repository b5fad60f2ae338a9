import type { ServerEntry } from '../../config/edit.ts'

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Whether a server entry is the gateway itself: with that among its servers it would call itself. */
export function leadsToGateway(entry: ServerEntry, gateway: URL | undefined): boolean {
  const { url, command, args } = entry
  if (typeof url === 'string') return gateway !== undefined && isSameOrigin(url, gateway)
  const words = [command, ...(Array.isArray(args) ? args : [])].filter(
    (word) => typeof word === 'string',
  )
  const isGantry = words.some((word) => /(?:^|[/\\])gantry(?:\.js|\.cmd)?$/.test(word))
  return isGantry && words.includes('stdio')
}

function isSameOrigin(url: string, gateway: URL): boolean {
  const other = URL.parse(url)
  if (!other || other.port !== gateway.port || other.protocol !== gateway.protocol) return false
  const [one, two] = [other.hostname, gateway.hostname]
  return one === two || (loopback.has(one) && loopback.has(two))
}
