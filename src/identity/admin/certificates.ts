import { HermesError } from '../../errors.js'
import { encodePem } from '../../pki/pem.js'
import type { CertificateList, CertificatesQuery, IssuedCertificateDetails } from '../../wire/administration.js'
import { type AdministrationDependencies, requireAccount } from './dependencies.js'
import { describeIssued } from './describe.js'

/** A page of certificates by the end of their validity. Throws `user_not_found`. */
export async function listCertificates(
  { store, now }: AdministrationDependencies,
  { status, expiresBefore, username, after, limit }: CertificatesQuery,
): Promise<CertificateList> {
  const at = now()
  const found = await store.listIssued({
    status: status ?? null,
    at,
    expiresBefore: expiresBefore === undefined ? null : new Date(expiresBefore),
    userId: username === undefined ? null : (await requireAccount(store, username)).id,
    after: after === undefined ? null : await positionOf(store, after),
    limit: limit + 1,
  })
  const certificates = found.slice(0, limit).map((certificate) => describeIssued(certificate, at))
  return { certificates, more: found.length > limit }
}

async function positionOf(store: AdministrationDependencies['store'], serialNumber: string) {
  const certificate = await store.findIssued(serialNumber)
  if (certificate !== null) return certificate
  const message = 'must be the serial number of a certificate that was issued here'
  throw new HermesError('invalid_request', `after: ${message}`, { errors: [{ path: 'after', message }] })
}

/** One certificate by its serial number or fingerprint. */
export async function showCertificate(
  { store, now }: AdministrationDependencies,
  name: string,
): Promise<IssuedCertificateDetails> {
  const certificate = await store.findIssued(name)
  if (certificate === null) throw new HermesError('not_found', `There is no certificate ${name}`)
  return { ...describeIssued(certificate, now()), certificate: encodePem('CERTIFICATE', certificate.der) }
}
