import type { KeyObject } from 'node:crypto'
import type { z } from 'zod'
import { credentialsOf } from '../../src/client/credentials.js'
import { createIdentityClient, type IdentityClient } from '../../src/client/identity-client.js'
import { createCertificateRequest, generateKey } from '../../src/client/keys.js'
import { Refusal } from '../../src/client/refusal.js'
import type { Identity } from '../../src/wire/identity.js'
import type { Device } from './device.js'
import type { Person } from './person.js'
import { deleteByRest, renewByRest, revokeByRest } from './rest.js'

type FetchedIdentity = z.output<typeof Identity>

/** What says that there is no such user any more. */
const GONE: readonly string[] = ['account_disabled', 'invalid_credentials', 'user_not_found']
/** So long others may try what a revoked certificate still opens. */
const REVOKED_MS = 2500

function identities({ person, random }: Device): IdentityClient {
  const { world } = person
  return createIdentityClient({ url: world.node(random).identityUrl, rootPem: world.pin.rootPem })
}

function adopt(person: Person, { certificate }: FetchedIdentity, key: KeyObject): void {
  const { username, world } = person
  const credentials = credentialsOf(username, certificate, key, world.pin, world.time())
  if (!person.owned.has(credentials.fingerprint)) person.take(credentials)
}

const shown = ({ fingerprint }: FetchedIdentity) => ({ fingerprint })

/** Until it is done: a lost answer is taken from what `fetch` gives. */
export async function register(device: Device): Promise<void> {
  const { person, recorder } = device
  const { username, password } = person
  const key = await generateKey()
  const csr = createCertificateRequest(key, username)
  const client = identities(device)
  const identity = await recorder
    .rest('register', {}, null, () => client.register({ username, password, csr }), shown)
    .catch((error: unknown) => {
      if (error instanceof Refusal && error.code === 'username_taken') return null
      throw error
    })
  // The answer to an earlier attempt was lost, and with it its key.
  if (identity === null) return recover(device)
  adopt(person, identity, key)
}

export async function fetchPerson(device: Device, username: string): Promise<FetchedIdentity> {
  const client = identities(device)
  return device.recorder.rest('fetch', { username }, null, () => client.fetch(username), shown)
}

/** For the same key, or for another. */
export async function renew(device: Device): Promise<void> {
  const { person, random } = device
  if (!person.credentials) return
  person.renewing ??= await pendingRenewal(person, random.chance(0.5) ? person.credentials.key : await generateKey())
  const { csr, key } = person.renewing
  try {
    adopt(person, await renewByRest(device, csr), key)
    person.renewing = null
  } catch (error) {
    if (error instanceof Refusal && !error.retryable) person.renewing = null
    throw error
  }
}

async function pendingRenewal({ username }: Person, key: KeyObject) {
  return { key, csr: createCertificateRequest(key, username) }
}

/** His certificate; for a while his devices try on, then he recovers. */
export async function revoke(device: Device): Promise<void> {
  const { person } = device
  const own = person.credentials
  if (!own || person.isRevoking) return
  person.isRevoking = true
  try {
    await revokeByRest(device, own, [own.fingerprint])
  } finally {
    setTimeout(() => {
      person.isRevoking = false
      person.needsRecovery = true
    }, REVOKED_MS)
  }
}

/** A new certificate by password: all earlier ones end, and all memberships. */
export async function recover(device: Device): Promise<void> {
  const { person, recorder } = device
  const { username, password } = person
  const key = await generateKey()
  const csr = createCertificateRequest(key, username)
  const client = identities(device)
  const ends = [...person.owned.keys()]
  person.needsRecovery = false
  try {
    const make = () => client.recover({ username, password, csr })
    adopt(person, await recorder.rest('recover', { ends }, null, make, shown), key)
    person.renewing = null
  } catch (error) {
    person.needsRecovery = true
    if (error instanceof Refusal && GONE.includes(error.code)) person.isGone = true
    throw error
  }
}

export async function deleteAccount(device: Device): Promise<void> {
  const { person } = device
  await deleteByRest(device, [...person.owned.keys()])
  person.isGone = true
}
