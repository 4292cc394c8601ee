import type { KeyObject } from 'node:crypto'
import { Username } from '../wire/formats.js'
import { ClientError } from './client-error.js'
import { credentialsOf, exportKey, formatIdentityFile, openKey, parseIdentityFile } from './credentials.js'
import { type Registration, registerWith } from './enrolment.js'
import type { Home } from './home.js'
import { createCertificateRequest, generateKey, type KeyKind, lockPrivateKey } from './keys.js'
import { checkKeyPassword } from './passwords.js'

export interface SignOn extends Registration {
  /** Whether the key stays locked in this device's folder too, so that `open` needs `keyPassword`. */
  readonly lockKey?: boolean
}

export interface RegisterOptions extends SignOn {
  /** P-256 when absent. */
  readonly keyKind?: KeyKind
}

export interface RecoverOptions extends RegisterOptions {
  /** Why the old certificate is replaced: `superseded` when absent; `keyCompromise` bars its key for good. */
  readonly reason?: 'superseded' | 'keyCompromise'
}

/** A new user. The key is stored before it is sent anywhere: a lost answer costs nothing. */
export async function register(home: Home, options: RegisterOptions): Promise<void> {
  refuseSecond(home)
  checkUsername(options.username)
  checkKeyPassword(options.keyPassword, options.password)
  const key = (await keyOfEarlierAttempt(home, options)) ?? (await generateKey(options.keyKind))
  const keyPem = await atRest(key, options)
  await home.state.writeIdentity(formatIdentityFile({ certificate: null, key: keyPem }))
  await home.state.writeProfile({ ...home.profile, username: options.username })
  const { certificate } = await registerWith(home.identities, options, key)
  await become(home, options.username, certificate, key, keyPem)
}

/** An existing user on a new device. */
export async function login(home: Home, options: SignOn): Promise<void> {
  refuseSecond(home)
  const { username, password, keyPassword } = options
  const own = await home.identities.fetchMy({ username, password })
  const key = openKey(own.encryptedPrivateKey, keyPassword)
  await become(home, username, own.certificate, key, options.lockKey ? own.encryptedPrivateKey : exportKey(key))
}

/** A new key and certificate by password alone. */
export async function recover(home: Home, options: RecoverOptions): Promise<void> {
  const { username, password, keyPassword, reason } = options
  if (home.credentials?.username !== username) refuseSecond(home)
  checkKeyPassword(keyPassword, password)
  const key = await generateKey(options.keyKind)
  const encryptedPrivateKey = await lockPrivateKey(key, keyPassword)
  const csr = createCertificateRequest(key, username)
  const request = { username, password, csr, encryptedPrivateKey, ...(reason && { reason }) }
  const { certificate } = await home.identities.recover(request)
  await become(home, username, certificate, key, options.lockKey ? encryptedPrivateKey : exportKey(key))
  await home.state.pendingRenewal.write(null)
}

function refuseSecond({ credentials, state }: Home): void {
  if (!credentials) return
  const who = `${state.path} belongs to ${credentials.username} already: choose another directory`
  throw new ClientError('already_registered', who)
}

/** Before it is written down, where no other could be read again. */
function checkUsername(username: string): void {
  const parsed = Username.safeParse(username)
  if (!parsed.success) throw new ClientError('username_unfit', `the username ${parsed.error.issues[0]?.message}`)
}

async function keyOfEarlierAttempt(home: Home, { username, keyPassword }: SignOn): Promise<KeyObject | null> {
  const pem = await home.state.readIdentity()
  const profile = await home.state.readProfile()
  if (pem === null || profile?.username !== username) return null
  return openKey(parseIdentityFile(pem).key, keyPassword)
}

async function atRest(key: KeyObject, { lockKey, keyPassword }: SignOn): Promise<string> {
  return lockKey ? lockPrivateKey(key, keyPassword) : exportKey(key)
}

async function become(home: Home, username: string, certificate: string, key: KeyObject, keyPem: string) {
  const credentials = await home.authorities.verified((pin) =>
    credentialsOf(username, certificate, key, pin, home.now()),
  )
  await home.state.writeIdentity(formatIdentityFile({ certificate, key: keyPem }))
  home.profile = { ...home.profile, username }
  await home.state.writeProfile(home.profile)
  home.credentials = credentials
  home.onRenewed()
}
