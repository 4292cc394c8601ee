import { isIP } from 'node:net'

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i
/** An allocation to one subscriber: what one person may vary at will. */
const PREFIX_GROUPS = 4

/** An allocation to one organisation, of 65,536 subscribers' [RFC 6177 2]. */
const SITE_GROUPS = 3

/** What limits count an address by: an IPv4 address itself, an IPv6 address as its /64. */
export function addressKey(address: string): string {
  const [bare = ''] = address.split('%', 1)
  const mapped = MAPPED_IPV4.exec(bare)?.[1]
  if (mapped !== undefined) return mapped
  if (isIP(bare) === 6) return `${prefixGroups(bare).join(':')}::/64`
  return isIP(bare) === 4 ? bare : 'unknown'
}

/** The /48 that an `addressKey` lies in; null for IPv4, whose addresses nobody has without end. */
export function siteOf(key: string): string | null {
  return key.endsWith('::/64') ? `${key.split(':', SITE_GROUPS).join(':')}::/48` : null
}

/** The first four groups, "::" written out, without leading zeros [RFC 4291 2.2]. */
function prefixGroups(address: string): readonly string[] {
  const [head = '', tail] = address.split('::')
  const before = groups(head)
  const after = groups(tail ?? '')
  const zeros = tail === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0')
  return [...before, ...zeros, ...after].slice(0, PREFIX_GROUPS)
}

/** An IPv4 address at the end stands for two groups, which are never among the first four. */
function groups(text: string): readonly string[] {
  if (text === '') return []
  return text
    .split(':')
    .flatMap((group) => (group.includes('.') ? ['0', '0'] : [Number.parseInt(group, 16).toString(16)]))
}
