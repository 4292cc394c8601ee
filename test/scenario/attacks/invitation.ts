import { type KeyObject, sign } from 'node:crypto'
import type { Test } from 'tap'
import { acceptFields, type Party } from '../../support/handshake.js'
import { connect, type Fields } from '../../support/hub-client.js'
import type { TestServer } from '../../support/server.js'
import { challenge, type User } from '../../support/user.js'

/** Users with a live connection each. */
export async function parties<U extends readonly User[]>(
  t: Test,
  server: TestServer,
  ...users: U
): Promise<{ [K in keyof U]: Party }> {
  const all = users.map(async (user) => ({ user, client: await connect(t, server, user) }))
  return (await Promise.all(all)) as { [K in keyof U]: Party }
}

export interface Open {
  readonly conversation: string
  readonly invited: Fields
}

/** A new conversation of `inviter`, and an open invitation to `invitee`. */
export async function openInvitation(inviter: Party, invitee: Party, own = challenge()): Promise<Open> {
  const { certificate } = invitee.user
  const { conversation } = await inviter.client.call('start', { participants: [{ certificate }] })
  return { conversation, invited: await inviteTo(conversation, inviter, invitee, own) }
}

/** One more invitation to `conversation`, as the invitee sees it. */
export async function inviteTo(conversation: string, inviter: Party, invitee: Party, own = challenge()) {
  const { username, fingerprint } = invitee.user
  const { invitation } = await inviter.client.call('invite', { conversation, username, fingerprint, challenge: own })
  return invitee.client.event((e) => e.type === 'invited' && e.invitation === invitation)
}

/** `accept` as the inviter gets it. */
export function acceptedBy({ client }: Party, { invitation }: Fields): Promise<Fields> {
  return client.event((e) => e.type === 'accepted' && e.invitation === invitation)
}

/** The transcript of `accept` without any check, as someone would make it who follows no rules. */
export function bareTranscript(server: TestServer, invited: Fields, inviteeChallenge: string): string {
  const fields = acceptFields(server, invited, inviteeChallenge)
  const lines = Object.entries(fields).map(([field, value]) => {
    const label = field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    return `${label}=${value}\n`
  })
  return `hermes-invitation-v1\n${lines.join('')}`
}

/** An ECDSA signature over just these bytes. */
export function signBare(key: KeyObject, bytes: Buffer): string {
  return sign('sha256', bytes, key).toString('base64url')
}
