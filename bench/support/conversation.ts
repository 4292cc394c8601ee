import { createPrivateKey, randomBytes } from 'node:crypto'
import type { WebSocket } from 'ws'
import { fingerprintOf } from '../../src/pki/fingerprint.js'
import { decodePem } from '../../src/pki/pem.js'
import { signTranscript } from '../../src/pki/signature.js'
import { buildAcceptTranscript, buildConfirmTranscript } from '../../src/wire/transcript.js'
import type { Person } from './people.js'
import { call } from './sockets.js'

export type Party = readonly [person: Person, socket: WebSocket]

/** Starts a conversation of the first with the others, all joined. */
export async function converse(rootPem: string, first: Party, ...others: readonly Party[]): Promise<string> {
  const hub = fingerprintOf(decodePem(rootPem, ['CERTIFICATE']))
  const participants = others.map(([{ username, fingerprint }]) => ({ username, fingerprint }))
  const { conversation } = await call(first[1], 'start', { participants })
  for (const other of others) await bringIn(hub, String(conversation), first, other)
  return String(conversation)
}

/** Invite, accept, confirm: the invitee becomes a member. */
async function bringIn(hub: string, conversation: string, [inviter, a]: Party, [invitee, b]: Party): Promise<void> {
  const { username, fingerprint } = invitee
  const inviterChallenge = randomBytes(32).toString('base64url')
  const { invitation, expiresAt, roster } = await call(a, 'invite', {
    conversation,
    username,
    fingerprint,
    challenge: inviterChallenge,
  })
  const inviteeChallenge = randomBytes(32).toString('base64url')
  const fields = {
    hub,
    conversation,
    invitation: String(invitation),
    expires: String(expiresAt),
    inviter: inviter.username,
    inviterCertificate: inviter.fingerprint,
    inviterChallenge,
    invitee: username,
    inviteeCertificate: fingerprint,
    inviteeChallenge,
    roster: String(roster),
    inviterAttachment: '-',
    inviteeAttachment: '-',
  }
  const accepted = signTranscript(createPrivateKey(invitee.keyPem), 'accept', buildAcceptTranscript(fields))
  await call(b, 'accept', { invitation, challenge: inviteeChallenge, signature: accepted.toString('base64url') })
  const none = { confirmationRoster: fields.roster, confirmationAttachment: '-', commitAttachment: '-' }
  const confirmed = signTranscript(
    createPrivateKey(inviter.keyPem),
    'confirm',
    buildConfirmTranscript({ ...fields, ...none }),
  )
  await call(a, 'confirm', { invitation, signature: confirmed.toString('base64url') })
}
