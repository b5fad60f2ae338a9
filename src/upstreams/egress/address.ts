import { BlockList, isIP, isIPv4 } from 'node:net'

/** What kind of place an address leads to. */
export type AddressKind = 'public' | 'loopback' | 'private' | 'reserved'

type Ranges = readonly (readonly [net: string, prefix: number])[]

/** IANA special-purpose registries; what is neither here nor global unicast is reserved. */
const loopback = blockList([
  ['127.0.0.0', 8],
  ['::1', 128],
])
const privateUse = blockList([
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['fc00::', 7],
])
const reserved = blockList([
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
])
const globalUnicast6 = blockList([['2000::', 3]])
const mapped6 = blockList([['::ffff:0:0', 96]])

/** An IPv4 address in IPv6 clothes is judged as the IPv4 address it is. */
export function kindOf(scoped: string): AddressKind {
  const [address = ''] = scoped.split('%')
  const family = isIPv4(address) ? 'ipv4' : 'ipv6'
  const is = (list: BlockList) => list.check(address, family)
  if (is(loopback)) return 'loopback'
  if (is(privateUse)) return 'private'
  if (is(reserved)) return 'reserved'
  if (family === 'ipv4' || is(mapped6) || is(globalUnicast6)) return 'public'
  return 'reserved'
}

/** Whether `text` is an address or a range of them, `10.0.0.0/8`. */
export function isRange(text: string): boolean {
  return rangeOf(text) !== undefined
}

export function isInRange(address: string, range: string): boolean {
  const parsed = rangeOf(range)
  return (
    parsed !== undefined && blockList([parsed]).check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
  )
}

function rangeOf(text: string): Ranges[number] | undefined {
  const [net = '', prefix, ...rest] = text.split('/')
  const bits = { 0: undefined, 4: 32, 6: 128 }[isIP(net)]
  if (bits === undefined || rest.length > 0) return undefined
  if (prefix === undefined) return [net, bits]
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits ? [net, Number(prefix)] : undefined
}

function blockList(ranges: Ranges): BlockList {
  const list = new BlockList()
  for (const [net, prefix] of ranges) list.addSubnet(net, prefix, isIPv4(net) ? 'ipv4' : 'ipv6')
  return list
}
