import { type DerNode, parseDer, TAG } from './der.js'
import { expectTag, readOctetString, readOid, readSequence, readText } from './der-values.js'
import { OID } from './oids.js'

const URI_NAME_TAG = 0x86

/** The subject must hold one CN, equal to the username; its other attributes are ignored [RFC 5280 4.1.2.4]. */
export function checkSubject(subject: DerNode, username: string): void {
  const names: (string | undefined)[] = []
  for (const rdn of readSequence(subject, 'the subject')) {
    for (const attribute of expectTag(rdn, TAG.set, 'a relative name of the subject').children) {
      const [type, value] = readSequence(attribute, 'an attribute of the subject', 2, 2)
      if (readOid(type, 'the type of an attribute of the subject') === OID.commonName) names.push(readText(value))
    }
  }
  if (names.length !== 1)
    throw new Error(`its subject has ${names.length} common names, not one: it must have CN=${username}`)
  if (names[0] !== username) throw new Error(`its subject must have CN=${username}, the username, byte for byte`)
}

/** [RFC 5280 4.1] Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue }. */
function readExtension(node: DerNode): { id: string; value: Uint8Array } {
  const [id, ...rest] = readSequence(node, 'a requested extension', 2, 3)
  if (rest.length === 2) expectTag(rest[0], TAG.boolean, 'the criticality of a requested extension')
  return {
    id: readOid(id, 'a requested extension'),
    value: readOctetString(rest.at(-1), 'the value of a requested extension'),
  }
}

/** [RFC 2985 5.4.2] the extensions that the attributes ask for. */
function* requestedExtensions(attributes: readonly DerNode[]): Generator<{ id: string; value: Uint8Array }> {
  for (const attribute of attributes) {
    const [type, values] = readSequence(attribute, 'an attribute', 2, 2)
    const { children } = expectTag(values, TAG.set, 'the values of an attribute')
    if (readOid(type, 'the type of an attribute') !== OID.extensionRequest) continue
    for (const extensions of children) {
      for (const extension of readSequence(extensions, 'the requested extensions')) yield readExtension(extension)
    }
  }
}

/** A requested subjectAltName may hold the user's own `accountUri` and nothing else; other extensions are ignored. */
export function checkRequestedNames(attributes: readonly DerNode[], accountUri: string): void {
  for (const { id, value } of requestedExtensions(attributes)) {
    if (id !== OID.subjectAltName) continue
    for (const name of readSequence(parseDer(value), 'the requested subjectAltName', 1)) {
      const isOwn = name.tag === URI_NAME_TAG && Buffer.from(name.content).toString('latin1') === accountUri
      if (!isOwn)
        throw new Error(`it asks for a name that is not the user's own; only URI:${accountUri} is allowed, or none`)
    }
  }
}
