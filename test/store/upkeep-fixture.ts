import { randomBytes } from 'node:crypto'
import type { Recovery, Renewal } from '../../src/store/account-upkeep.js'
import type { NewUser } from '../../src/store/identity-store.js'
import type { AuthorisedBy, CertificateRecord, NewCertificate } from '../../src/store/records.js'
import type { Store } from '../../src/store/store.js'
import { newUser, T0 } from './fixtures.js'

export const MINUTE = 60_000
export const DAY = 24 * 60 * MINUTE
export const HASH = '$2b$12$hash'
export const ADDRESS = '192.0.2.1'

/** So many milliseconds after users are registered. */
export const after = (milliseconds: number) => new Date(T0 + milliseconds)

export interface Registered extends NewUser {
  readonly id: number
}

export async function register({ identities }: Store, changes: Partial<NewUser> = {}): Promise<Registered> {
  const user = newUser({ encryptedPrivateKey: 'blob of the first key', ...changes })
  await identities.register(user)
  const found = await identities.findIdentity(user.username)
  if (found === null) throw new Error(`${user.username} was not stored`)
  return { ...user, id: found.user.id }
}

/** A certificate that is new; of the key of another, if there is one. */
export function certificate(authorisedBy: AuthorisedBy, key?: NewCertificate): NewCertificate {
  const fresh = newUser().certificate
  return { ...fresh, authorisedBy, spkiHash: key?.spkiHash ?? fresh.spkiHash }
}

export function renewal(asking: NewCertificate, changes: Partial<Renewal> & { readonly at?: Date } = {}): Renewal {
  const at = changes.at ?? after(MINUTE)
  return {
    fingerprint: asking.fingerprint,
    certificate: certificate('key'),
    requestHash: randomBytes(32).toString('hex'),
    encryptedPrivateKey: null,
    at,
    supersededAt: new Date(at.getTime() + 10 * MINUTE),
    endedAfter: new Date(at.getTime() - 30 * DAY),
    ...changes,
  }
}

/** All that is stored of a user, for "nothing has changed". */
export async function everything({ identities }: Store, userId: number) {
  return {
    identity: await identities.findIdentityById(userId),
    escrow: await identities.findEscrow(userId),
    certificates: await identities.listCertificates(userId),
  }
}

export function standing({ revokedAt, revocationReason, supersededAt }: CertificateRecord) {
  return { revokedAt, revocationReason, supersededAt }
}

export function revocation({ id }: { readonly id: number }) {
  const proof = { passwordHash: HASH, address: ADDRESS }
  return { userId: id, proof, serialNumber: null, reason: 'superseded', at: after(MINUTE) } as const
}

export function recovery({ id }: { readonly id: number }, changes: Partial<Recovery> = {}): Recovery {
  const fresh = { certificate: certificate('password'), encryptedPrivateKey: null, at: after(MINUTE) }
  return { userId: id, passwordHash: HASH, address: ADDRESS, reason: 'superseded', ...fresh, ...changes }
}

/** What an act by password says of who does it. */
export function byPassword({ id }: { readonly id: number }) {
  return { userId: id, passwordHash: HASH, address: ADDRESS, at: after(0) }
}
