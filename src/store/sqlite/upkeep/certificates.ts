import { HermesError } from '../../../errors.js'
import type { CertificateRecord, EscrowRecord, NewCertificate, RevocationReason } from '../../records.js'
import type { Transaction } from '../prisma.js'

/** What a certificate is stored with beside itself. */
export interface Provenance {
  readonly previous: string | null
  readonly requestHash: string | null
}

/** Stores a certificate, whose key must be nobody else's and not barred. */
export async function insertCertificate(
  transaction: Transaction,
  userId: number,
  certificate: NewCertificate,
  provenance: Provenance = { previous: null, requestHash: null },
): Promise<CertificateRecord> {
  const { serialNumber, fingerprint, spkiHash, notBefore, notAfter, authorisedBy } = certificate
  await claimKey(transaction, spkiHash, userId)
  const der = Uint8Array.from(certificate.der)
  const row = { serialNumber, userId, fingerprint, spkiHash, der, notBefore, notAfter, authorisedBy, ...provenance }
  return recordOf(await transaction.certificate.create({ data: row }))
}

/** A row of Prisma's as a record. */
export function recordOf({
  id: _id,
  requestHash: _requestHash,
  ...record
}: CertificateRecord & { readonly id: number; readonly requestHash: string | null }): CertificateRecord {
  return record
}

async function claimKey(transaction: Transaction, spkiHash: string, userId: number): Promise<void> {
  const key = await transaction.key.findUnique({ where: { spkiHash } })
  if (key === null) await transaction.key.create({ data: { spkiHash, userId } })
  else if (key.userId !== userId) throw keyRefused('belongs to another user')
  else if (key.compromisedAt !== null) throw keyRefused('was revoked as compromised')
}

function keyRefused(why: string): HermesError {
  return new HermesError('csr_rejected', `The certificate request is refused: its key ${why}; make a new one`)
}

/** Keeps a locked key with the certificate it belongs to: a given one replaces any, and one of another key goes. */
export async function settleEscrow(
  transaction: Transaction,
  userId: number,
  { spkiHash, blob }: Omit<EscrowRecord, 'blob'> & { readonly blob: string | null },
): Promise<void> {
  if (blob === null) await transaction.escrow.deleteMany({ where: { userId, NOT: { spkiHash } } })
  else await storeEscrow(transaction, userId, { spkiHash, blob })
}

export async function storeEscrow(transaction: Transaction, userId: number, escrow: EscrowRecord): Promise<void> {
  const { spkiHash, blob } = escrow
  const data = { spkiHash, blob }
  await transaction.escrow.upsert({ where: { userId }, create: { userId, ...data }, update: data })
}

/**
 * Revokes those that are not revoked, or superseded, already: what was revoked before keeps its date and reason.
 * `which` names them by a column that has an index.
 */
export async function revokeWhere(
  transaction: Transaction,
  which: { readonly userId: number } | { readonly spkiHash: { readonly in: string[] } } | { readonly id: number },
  reason: RevocationReason,
  at: Date,
  endedAfter?: Date,
): Promise<void> {
  await transaction.certificate.updateMany({
    where: {
      ...which,
      revokedAt: null,
      OR: [{ supersededAt: null }, { supersededAt: { gt: at } }],
      ...(endedAfter !== undefined && { notAfter: { gt: endedAfter } }),
    },
    data: { revokedAt: at, revocationReason: reason },
  })
}

/** Bars keys for good, and revokes every certificate of theirs that has not ended. */
export async function barKeys(transaction: Transaction, spkiHashes: readonly string[], at: Date): Promise<void> {
  const spkiHash = { in: [...spkiHashes] }
  await transaction.key.updateMany({ where: { spkiHash, compromisedAt: null }, data: { compromisedAt: at } })
  await revokeWhere(transaction, { spkiHash }, 'keyCompromise', at, at)
}
