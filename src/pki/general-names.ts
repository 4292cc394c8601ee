import { encodeDer, sequence } from './der-encode.js'

/** Implicit tags of GeneralName [RFC 5280 4.2.1.6]. */
export const NAME_TAG = { dns: 0x82, uri: 0x86, ip: 0x87 } as const

const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/
const DNS_NAME =
  /^(?=.{1,253}$)(?:\*\.)?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i

function ipv6Octets(address: string): Uint8Array {
  // URL writes every IPv6 address in one form: hextets only, at most one "::".
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const hextets = (text: string | undefined) => (text ? text.split(':') : [])
  const [left, right] = [hextets(head), hextets(tail)]
  const zeros = Array<string>(8 - left.length - right.length).fill('0')
  const groups = [...left, ...(tail === undefined ? [] : zeros), ...right].map((group) => Number.parseInt(group, 16))
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

function hostName(host: string): Buffer {
  if (IPV4.test(host)) {
    const octets = host.split('.').map(Number)
    if (octets.some((octet) => octet > 255)) throw new Error(`"${host}" is no IPv4 address`)
    return encodeDer(NAME_TAG.ip, Uint8Array.from(octets))
  }
  if (host.includes(':')) {
    if (!URL.canParse(`http://[${host}]`)) throw new Error(`"${host}" is no IPv6 address`)
    return encodeDer(NAME_TAG.ip, ipv6Octets(host))
  }
  if (!DNS_NAME.test(host)) throw new Error(`"${host}" is neither a DNS name nor an IP address`)
  return encodeDer(NAME_TAG.dns, Buffer.from(host.toLowerCase()))
}

/** DER of GeneralNames for host names and IP addresses; throws an Error naming the first that is neither. */
export function hostNames(hosts: readonly string[]): Buffer {
  if (hosts.length === 0) throw new Error('a server certificate must name at least one host')
  return sequence(...hosts.map(hostName))
}

/** DER of GeneralNames with the one URI `acct:<username>@<trustDomain>` [RFC 7565]. */
export function accountName(username: string, trustDomain: string): Buffer {
  return sequence(encodeDer(NAME_TAG.uri, Buffer.from(`acct:${username}@${trustDomain}`)))
}
