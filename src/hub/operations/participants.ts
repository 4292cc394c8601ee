import type { z } from 'zod'
import { HermesError } from '../../errors.js'
import { fingerprintOf } from '../../pki/fingerprint.js'
import { decodePem } from '../../pki/pem.js'
import type { IdentityRecord } from '../../store/records.js'
import type { ParticipantReference } from '../../wire/operations.js'
import { refusalOf } from '../standing.js'
import type { Call } from './operation.js'

/** Looked up before others have their turn: about a millisecond. */
const PIECE = 16

type Reference = z.output<typeof ParticipantReference>

/**
 * The users that `start` lists. Each certificate must be, byte for byte, the current and good one of its user,
 * nobody's twice and not the caller's own; the first that fails is named.
 */
export async function resolveParticipants(
  call: Call,
  references: readonly Reference[],
): Promise<readonly IdentityRecord[]> {
  const records: IdentityRecord[] = []
  const seen = new Set([call.caller.actor.username])
  for (const [index, reference] of references.entries()) {
    if (index % PIECE === 0) await call.hub.turns.take(call.caller.actor.userId)
    const record = await resolve(call, reference, `params.participants.${index}`)
    const { username } = record.user
    if (seen.has(username)) throw rejected(`params.participants.${index}`, `${username} takes part already`)
    seen.add(username)
    records.push(record)
  }
  return records
}

async function resolve(call: Call, reference: Reference, path: string): Promise<IdentityRecord> {
  const { username, fingerprint } =
    'certificate' in reference ? await ownerOf(call, reference.certificate, path) : reference
  return currentIdentity(call, username, fingerprint, path)
}

async function ownerOf({ hub }: Call, pem: string, path: string) {
  const fingerprint = fingerprintOf(certificateDer(pem, path))
  const record = await hub.identities.findByFingerprint(fingerprint)
  if (!record) throw rejected(path, 'this certificate was not issued here to a user')
  return { username: record.user.username, fingerprint }
}

function certificateDer(pem: string, path: string): Uint8Array {
  try {
    return decodePem(pem, ['CERTIFICATE'])
  } catch (error) {
    throw rejected(path, `no certificate in PEM: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The user under exactly this certificate: his newest, and good. Throws what `start` and `invite` refuse. */
export async function currentIdentity(
  { hub }: Call,
  username: string,
  fingerprint: string,
  path: string,
): Promise<IdentityRecord> {
  const record = await hub.identities.findIdentity(username)
  if (!record) throw new HermesError('user_not_found', `${path}: there is no user ${username}: he must register first`)
  if (record.certificate.fingerprint !== fingerprint)
    throw new HermesError('certificate_mismatch', `${path}: ${username} has another certificate now: fetch it and look`)
  const refusal = refusalOf(record, hub.now().getTime())
  if (refusal) throw rejected(path, `the certificate of ${username} is refused: ${refusal}`)
  return record
}

function rejected(path: string, why: string): HermesError {
  return new HermesError('certificate_rejected', `${path}: ${why}`)
}
