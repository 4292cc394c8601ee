import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { z } from 'zod'
import { fingerprintOf } from '../pki/fingerprint.js'
import type { RenewedEvent } from '../wire/events.js'
import { type Credentials, credentialsOf, exportKey, rememberedCredentials } from './credentials.js'
import { fetchNewest } from './enrolment.js'
import { type Home, selfOf } from './home.js'
import { createHubRest, type HubRest } from './hub-rest.js'
import { createCertificateRequest, generateKey, lockPrivateKey } from './keys.js'
import { Refusal } from './refusal.js'
import { lockKeys, unlockKeys } from './sealing/earlier-keys.js'
import { type SealingKey, sealingKeyOf } from './sealing/sealing-key.js'
import type { PendingRenewal } from './state/pending-renewal.js'

/** The hub by REST, under the certificate of now. */
export function hubRestOf(home: Home): HubRest {
  const { hubUrl: url, device } = home.profile
  return createHubRest({ url, rootPem: home.authorities.pin.rootPem, device, own: selfOf(home) })
}

/**
 * A new certificate for the same key. Where another device renewed first, its certificate is taken. The old one
 * stays good to its own end.
 */
export async function renewSameKey(home: Home): Promise<void> {
  const { username, key } = selfOf(home)
  const identity = await hubRestOf(home)
    .renew({ csr: createCertificateRequest(key, username) })
    .catch((error: unknown) => {
      if (error instanceof Refusal && error.code === 'certificate_superseded') return null
      throw error
    })
  if (identity === null) return adoptNewest(home)
  await adopt(home, identity.certificate)
}

/** Takes the newest certificate of one's own key. Throws ClientError `key_missing` when it is of another. */
export async function adoptNewest(home: Home): Promise<void> {
  const { username, key, fingerprint } = selfOf(home)
  const identity = await fetchNewest(home.identities, username, key)
  if (identity.fingerprint !== fingerprint) await adopt(home, identity.certificate)
}

/** Another device of this user has renewed the certificate of the same key: all go on under one. */
export async function adoptSeen(home: Home, { from, certificate }: z.output<typeof RenewedEvent>): Promise<void> {
  const { username, key, notBefore } = selfOf(home)
  const { publicKey, validFrom } = new X509Certificate(certificate)
  const isNewer = Date.parse(validFrom) >= notBefore.getTime() && createPublicKey(key).equals(publicKey)
  if (from.username === username && isNewer) await adoptNewest(home)
}

/**
 * A new certificate for a new key, which the server keeps locked with `keyPassword`. The request is remembered
 * first: if the answer is lost, the same request again gets it.
 */
export async function renewNewKey(home: Home, keyPassword: string): Promise<void> {
  const { username } = selfOf(home)
  const key = await generateKey()
  const encryptedPrivateKey = await lockPrivateKey(key, keyPassword)
  const isLocked = ((await home.state.readIdentity()) ?? '').includes('ENCRYPTED')
  const pending = {
    csr: createCertificateRequest(key, username),
    encryptedPrivateKey,
    key: isLocked ? encryptedPrivateKey : exportKey(key),
  }
  await home.state.pendingRenewal.write(pending)
  await finishRenewal(home, pending, key)
}

/** Asks for what an interrupted renewal asked for. */
export async function finishRenewal(
  home: Home,
  { csr, encryptedPrivateKey, key: keyPem }: PendingRenewal,
  key: KeyObject,
): Promise<void> {
  const { certificate } = await hubRestOf(home)
    .renew({ csr, encryptedPrivateKey })
    .catch((error: unknown) => {
      // It was done, so long ago that the certificate before it opens nothing: anybody may fetch the one of now.
      if (error instanceof Refusal && error.code === 'certificate_superseded')
        return fetchNewest(home.identities, selfOf(home).username, key)
      throw error
    })
  await adopt(home, certificate, { key, keyPem })
  await home.state.pendingRenewal.write(null)
}

async function adopt(
  home: Home,
  certificate: string,
  next: { readonly key: KeyObject; readonly keyPem: string } | null = null,
): Promise<void> {
  const { username, key } = selfOf(home)
  const credentials = await home.authorities.verified((pin) =>
    credentialsOf(username, certificate, next?.key ?? key, pin, home.now()),
  )
  if (next === null) await keepEarlier(home)
  else await keepSealingKeys(home, next.key)
  await home.state.replaceCertificate(certificate, next?.keyPem)
  home.credentials = credentials
  const { fingerprint, notAfter } = credentials
  home.notices.tell({ type: 'certificate_renewed', fingerprint, notAfter: notAfter.toISOString() })
  home.onRenewed()
}

/** Invitations that name it are finished under it, as long as it is good. */
async function keepEarlier(home: Home): Promise<void> {
  const earlier = (await home.state.earlierCertificates.read()) ?? []
  const good = earlier.filter((pem) => Date.parse(new X509Certificate(pem).validTo) > home.now().getTime())
  await home.state.earlierCertificates.write([...good, selfOf(home).certificate])
}

/** What was sealed for the key of before can be opened on this device still. */
async function keepSealingKeys(home: Home, next: KeyObject): Promise<void> {
  const keys = await sealingKeysOf(home)
  await home.state.earlierSealingKeys.write(await lockKeys(keys, sealingKeyOf(next)))
}

/** All that this device can open, that of now first. */
export async function sealingKeysOf(home: Home): Promise<readonly SealingKey[]> {
  const own = sealingKeyOf(selfOf(home).key)
  const locked = await home.state.earlierSealingKeys.read()
  return locked === null ? [own] : [own, ...(await unlockKeys(locked, own).catch(() => []))]
}

/** One's own certificate of that fingerprint: the one of now, or an earlier one of the same key; else null. */
export async function ownCertificate(home: Home, fingerprint: string): Promise<Credentials | null> {
  const self = selfOf(home)
  if (self.fingerprint === fingerprint) return self
  for (const pem of (await home.state.earlierCertificates.read()) ?? []) {
    const { publicKey, raw } = new X509Certificate(pem)
    if (fingerprintOf(raw) === fingerprint && createPublicKey(self.key).equals(publicKey))
      return rememberedCredentials(self.username, pem, self.key)
  }
  return null
}
