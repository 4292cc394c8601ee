import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { type Authority, extensionValue } from '../../pki/authority.js'
import { parseCertificate, type TbsCertificate } from '../../pki/certificate.js'
import { hostNames } from '../../pki/general-names.js'
import { OID } from '../../pki/oids.js'
import { decodePem, splitPem } from '../../pki/pem.js'
import { publicationExtensions } from '../../pki/profile.js'
import { issueServerCertificate } from '../../pki/server-certificate.js'
import type { IssuerName } from '../../store/revocation-store.js'
import { type Generation, isIssuedBy } from './authorities.js'
import { certificateFile, keyFile, readText } from './files.js'
import { readPlainKey } from './passphrase.js'
import { blaming, refusal } from './refusal.js'

/** What a TLS listener needs: the leaf and the certificates that issued it in one PEM, and the plain key. */
export interface ServerPair {
  readonly certificatePem: string
  readonly keyPem: string
}

const REISSUE = 'restore it, or remove both server.pem and server.key and Hermes issues new ones'

/** Two thirds of its life. */
const RENEWAL_SHARE = 2 / 3

/** What a server certificate is to be. */
export interface ServerRequest {
  /** DNS names and IP addresses. */
  readonly hostnames: readonly string[]
  readonly now: Date
  /** How long it is good; by default SERVER_LIFE_MS. */
  readonly serverLifeMs?: number | undefined
}

/** The certificates in a PEM file, in DER, the leaf first. */
function chainOf(certificatePem: string): readonly [leaf: Uint8Array, ...issuers: readonly Uint8Array[]] {
  const [leaf, ...issuers] = splitPem(certificatePem).map((pem) => decodePem(pem, ['CERTIFICATE']))
  if (leaf === undefined) throw new Error('it holds no certificate in PEM')
  return [leaf, ...issuers]
}

/** The CA that issued the certificate of a pair, by its signature; null when none of these did. */
export function issuerOfPair({ certificatePem }: ServerPair, generations: readonly Generation[]): IssuerName | null {
  const [certificateDer] = chainOf(certificatePem)
  const issuer = parseCertificate(certificateDer).tbs.issuer.bytes
  return generations.find(({ certificate }) => isIssuedBy({ certificateDer, issuer }, certificate))?.name ?? null
}

/** When the certificate of a pair ends. */
export function endOfPair({ certificatePem }: ServerPair): Date {
  return parseCertificate(chainOf(certificatePem)[0]).tbs.notAfter
}

/** Whether the certificate says where its issuer's CRL is now, if that is known. */
function saysWhere(tbs: TbsCertificate, { publication }: Authority): boolean {
  if (publication === null) return true
  const [points] = publicationExtensions(publication)
  const value = extensionValue(tbs, OID.crlDistributionPoints)
  return value !== undefined && points?.subarray(-value.length).equals(value) === true
}

/**
 * Whether the server certificate is another CA's than the newest, is not for exactly these host names, names another
 * place for its issuer's CRL, or is past two thirds of its life. One that ends with the CA has no longer-lived
 * successor.
 */
export function isRenewalDue(
  { certificatePem }: ServerPair,
  servers: Authority,
  { hostnames, now }: ServerRequest,
): boolean {
  const [certificateDer] = chainOf(certificatePem)
  const { tbs } = parseCertificate(certificateDer)
  if (!isIssuedBy({ certificateDer, issuer: tbs.issuer.bytes }, servers)) return true
  const names = extensionValue(tbs, OID.subjectAltName)
  if (names === undefined || Buffer.compare(names, hostNames(hostnames)) !== 0) return true
  if (!saysWhere(tbs, servers)) return true
  const life = tbs.notAfter.getTime() - tbs.notBefore.getTime()
  return tbs.notAfter < servers.notAfter && now.getTime() >= tbs.notBefore.getTime() + life * RENEWAL_SHARE
}

/** A new key, and a certificate for it from the servers' CA. */
export function issueServerPair(servers: Authority, request: ServerRequest): ServerPair {
  const { hostnames, now, serverLifeMs: lifeMs } = request
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const { pem } = issueServerCertificate(servers, { hostnames, spki, now, lifeMs })
  return { certificatePem: pem + servers.certificatePem, keyPem: String(key.export({ format: 'pem', type: 'pkcs8' })) }
}

/** The pair as the files of a publication. */
export function serverFiles({ certificatePem, keyPem }: ServerPair): ReadonlyMap<string, string> {
  return new Map([
    ['server.key', keyPem],
    ['server.pem', certificatePem],
  ])
}

/** Reads and checks the pair; whatever is wrong with it is a start error. */
export async function readServerPair(directory: string, servers: readonly Generation[]): Promise<ServerPair> {
  const file = certificateFile(directory, 'server')
  const certificatePem = await readText(file, REISSUE)
  const keyPem = await readText(keyFile(directory, 'server'), REISSUE)
  const key = readPlainKey(keyFile(directory, 'server'), keyPem, REISSUE)
  const [certificateDer, second] = blaming(file, REISSUE, () => chainOf(certificatePem))
  const name = blaming(file, REISSUE, () => issuerOfPair({ certificatePem, keyPem }, servers))
  const issuer = servers.find((one) => one.name === name)
  if (issuer === undefined) throw refusal(file, 'it was not issued by servers-ca.pem', REISSUE)
  if (second === undefined || Buffer.compare(second, issuer.certificate.certificateDer) !== 0)
    throw refusal(file, `it does not hold the certificate and then that of ${issuer.name}-ca`, REISSUE)
  if (!new X509Certificate(certificateDer).checkPrivateKey(key))
    throw refusal(keyFile(directory, 'server'), 'it is not the key of server.pem', REISSUE)
  return { certificatePem, keyPem }
}

const OPERATOR = 'correct the file, or unset HERMES_TLS_CERT_FILE and HERMES_TLS_KEY_FILE'

/** The operator's own certificate for the identity listener. */
export async function readOwnPair(certFile: string, keyFileName: string, now: Date): Promise<ServerPair> {
  const certificatePem = await readText(certFile, OPERATOR)
  const keyPem = await readText(keyFileName, OPERATOR)
  const leaf = blaming(certFile, OPERATOR, () => new X509Certificate(chainOf(certificatePem)[0]))
  const key = readPlainKey(keyFileName, keyPem, OPERATOR)
  if (!leaf.checkPrivateKey(key)) throw refusal(keyFileName, `it is not the key of ${certFile}`, OPERATOR)
  if (now.getTime() > Date.parse(leaf.validTo)) throw refusal(certFile, `it expired on ${leaf.validTo}`, 'renew it')
  blaming(certFile, OPERATOR, () => createSecureContext({ cert: certificatePem, key: keyPem }))
  return { certificatePem, keyPem }
}
