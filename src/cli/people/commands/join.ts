import { DeviceName } from '../../../wire/formats.js'
import { UsageError } from '../../command.js'
import { block } from '../../table.js'
import type { PeopleCommand } from '../command.js'
import { typedFingerprint } from '../typed-fingerprint.js'

export const join: PeopleCommand = {
  name: 'join',
  summary: 'begins with a server, by the fingerprint of its root',
  operands: [{ name: 'url', description: 'address of the identity listener, such as https://localhost:8443' }],
  options: {
    fingerprint: { value: 'SHA256', isRequired: true, description: 'of the root: "sha256:" and 64 hex digits' },
    device: { value: 'NAME', description: 'what this device is called; a random name when absent' },
  },
  async run({ operands: [address = ''], options: { fingerprint = '', device }, session }) {
    const url = urlOf(address)
    const rootFingerprint = typedFingerprint('--fingerprint', fingerprint)
    if (device !== undefined) checkDevice(device)
    const client = await session.join({ url, rootFingerprint, ...(device !== undefined && { device }) })
    const json = { profile: session.profile, url, rootFingerprint: client.rootFingerprint, device: client.device }
    return { json, text: () => `Joined ${url} as ${json.device}.\n${next(session.profile)}` }
  },
}

function checkDevice(device: string): void {
  const parsed = DeviceName.safeParse(device)
  if (!parsed.success) throw new UsageError(`--device ${parsed.error.issues[0]?.message}, not ${device}`)
}

function urlOf(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : null
  if (url?.protocol === 'https:') return url.origin
  throw new UsageError(`<url> must begin with https://, such as https://localhost:8443, not ${address}`)
}

function next(profile: string): string {
  const option = profile === 'default' ? '' : ` --profile ${profile}`
  return `Next, one of:\n${block([
    [`  hermes register <username>${option}`, 'a new user'],
    [`  hermes login <username>${option}`, 'a user there is, on this device'],
  ])}`
}
