import { type CertId, readCertId } from './cert-id.js'
import { type Extension, readExtension } from './certificate.js'
import { DerError, type DerNode, parseDer, TAG } from './der.js'
import { expectTag, readInteger, readSequence } from './der-values.js'
import { OID } from './oids.js'

const VERSION_TAG = 0xa0
const REQUESTOR_TAG = 0xa1
const REQUEST_EXTENSIONS_TAG = 0xa2
const SINGLE_EXTENSIONS_TAG = 0xa0
const SIGNATURE_TAG = 0xa0
/** [RFC 9654 2.1] */
const NONCE_OCTETS_MAX = 128

export interface OcspRequest {
  /** At least one. */
  readonly certIds: readonly CertId[]
  /** DER of the OCTET STRING that the answer repeats; null where none came. */
  readonly nonce: Uint8Array | null
}

/** [RFC 6960 4.4] what is not known may be passed over, unless it is critical. */
function readExtensions(node: DerNode | undefined): readonly Extension[] {
  if (node === undefined) return []
  const extensions = readSequence(node.children[0], 'the extensions', 1).map(readExtension)
  const unknown = extensions.find(({ id, critical }) => critical && id !== OID.ocspNonce)
  if (unknown !== undefined) throw new DerError(`the extension ${unknown.id} is critical, and is not known`)
  return extensions
}

/** [RFC 9654 2.1] 1 to 128 octets. */
function readNonce(extensions: readonly Extension[]): Uint8Array | null {
  const [nonce, ...others] = extensions.filter(({ id }) => id === OID.ocspNonce)
  if (nonce === undefined) return null
  const { length } = expectTag(parseDer(nonce.value), TAG.octetString, 'the nonce').content
  if (length === 0 || length > NONCE_OCTETS_MAX || others.length > 0)
    throw new DerError(`the nonce has ${length} octets; one of 1 to ${NONCE_OCTETS_MAX} is allowed`)
  return nonce.value
}

function readRequest(node: DerNode): CertId {
  const [certId, extensions] = readSequence(node, 'the request', 1, 2)
  if (extensions !== undefined) readExtensions(expectTag(extensions, SINGLE_EXTENSIONS_TAG, 'singleRequestExtensions'))
  return readCertId(certId)
}

function readVersion(node: DerNode): void {
  if (readInteger(node.children[0], 'the version') !== 0n) throw new DerError('its version is not 1')
}

/**
 * Takes an OCSPRequest (DER) apart [RFC 6960 4.1.1]; throws a DerError with the reason when it is malformed or asks
 * about more than `certificatesMax`. A signature on it is passed over: everybody may ask.
 */
export function parseOcspRequest(der: Uint8Array, certificatesMax: number): OcspRequest {
  const [tbs, signature] = readSequence(parseDer(der), 'the OCSP request', 1, 2)
  if (signature !== undefined) expectTag(signature, SIGNATURE_TAG, 'the signature')
  const elements = [...readSequence(tbs, 'TBSRequest', 1, 4)]
  if (elements[0]?.tag === VERSION_TAG) elements.splice(0, 1).forEach(readVersion)
  if (elements[0]?.tag === REQUESTOR_TAG) elements.shift()
  const [list, extensions, ...surplus] = elements
  const requests = readSequence(list, 'requestList', 1)
  if (requests.length > certificatesMax)
    throw new DerError(`it asks about ${requests.length} certificates; ${certificatesMax} are allowed`)
  if (surplus.length > 0) throw new DerError('TBSRequest has surplus elements')
  if (extensions !== undefined) expectTag(extensions, REQUEST_EXTENSIONS_TAG, 'requestExtensions')
  return { certIds: requests.map(readRequest), nonce: readNonce(readExtensions(extensions)) }
}
