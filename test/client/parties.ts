import { createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { pinRoot } from '../../src/client/certificates.js'
import { createChallenge } from '../../src/client/invitation.js'
import { fingerprintOf } from '../../src/pki/fingerprint.js'
import { createHierarchy } from '../../src/pki/hierarchy.js'
import { decodePem } from '../../src/pki/pem.js'
import { issueUserCertificate } from '../../src/pki/user-certificate.js'
import { InvitedEvent } from '../../src/wire/events.js'
import { InviteResult } from '../../src/wire/operations.js'
import { attachmentDigest, rosterDigest } from '../../src/wire/transcript.js'

export const DAY = 86_400_000
export const DOMAIN = 'example.org'
export const now = new Date()

/** An installation without a server: its hierarchy, and what a client pins of it. */
export function createInstallation() {
  const hierarchy = createHierarchy({ now })
  const { root, users, servers } = hierarchy
  const authorities = users.certificatePem + servers.certificatePem + root.certificatePem
  const fingerprint = fingerprintOf(decodePem(root.certificatePem, ['CERTIFICATE']))
  const pin = pinRoot(root.certificatePem, fingerprint, DOMAIN, authorities)
  return { ...hierarchy, authorities, fingerprint, pin }
}
export type Installation = ReturnType<typeof createInstallation>

/** A user with key and certificate; `life` in days from now. */
export function createParty(
  { users }: Installation,
  username: string,
  life: readonly [number, number] = [-1, 30],
  key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
) {
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const [notBefore, notAfter] = life.map((days) => new Date(now.getTime() + days * DAY)) as [Date, Date]
  const { pem } = issueUserCertificate(users, { username, trustDomain: DOMAIN, spki, notBefore, notAfter })
  return { username, key, certificate: pem, fingerprint: fingerprintOf(decodePem(pem, ['CERTIFICATE'])) }
}
export type TestParty = ReturnType<typeof createParty>

const nameOf = ({ username, fingerprint }: TestParty) => ({ username, fingerprint })

/** An invitation as `inviter` makes it and `invitee` sees it, honestly relayed. */
export function createInvitation(inviter: TestParty, invitee: TestParty, attachment?: string) {
  const params = {
    conversation: randomUUID(),
    ...nameOf(invitee),
    challenge: createChallenge(),
    ...(attachment && { attachment }),
  }
  const members = [nameOf(inviter)]
  const answer = InviteResult.parse({
    invitation: randomUUID(),
    expiresAt: `${new Date(now.getTime() + 7 * DAY).toISOString().slice(0, 19)}Z`,
    roster: rosterDigest(members),
    members,
    rosterSeq: 1,
    seq: 2,
  })
  const { seq, ...shown } = answer
  const event = InvitedEvent.parse({
    ...shown,
    conversation: params.conversation,
    at: now.toISOString(),
    from: nameOf(inviter),
    type: 'invited',
    invitee: nameOf(invitee),
    certificate: inviter.certificate,
    challenge: params.challenge,
    attachmentDigest: attachmentDigest(attachment),
    ...(attachment && { attachment }),
  })
  return { params, answer, event }
}
