import { Authorities } from './authorities.js'
import { type Pin, pinRoot } from './certificates.js'
import { ClientError } from './client-error.js'
import { type Credentials, openKey, parseIdentityFile, rememberedCredentials } from './credentials.js'
import { createDeviceName, joinServer } from './enrolment.js'
import type { Home } from './home.js'
import { createIdentityClient } from './identity-client.js'
import { Notices } from './notices.js'
import type { Profile } from './state/profile.js'
import { StateDirectory } from './state/state-directory.js'

export interface JoinOptions {
  /** Folder for what this device remembers; made with mode 0700. One process at a time. */
  readonly directory: string
  /** URL of the identity listener, such as `https://localhost:8443`. */
  readonly url: string
  /** `sha256:` and 64 hex digits: that of the root, as whoever runs the server says it. */
  readonly rootFingerprint: string
  /** Name of this device, 1 to 64 characters; a random one when absent. */
  readonly device?: string
  readonly now?: () => Date
}

export interface OpenOptions {
  /** The folder given to `join`. */
  readonly directory: string
  /** The second password, where `lockKey` was true. */
  readonly keyPassword?: string
  readonly now?: () => Date
}

const currentTime = () => new Date()

/** Begins in a new folder: pins the root. */
export async function joinHome({
  directory,
  url,
  rootFingerprint,
  device,
  now = currentTime,
}: JoinOptions): Promise<Home> {
  return withState(directory, async (state) => {
    if (await state.readProfile())
      throw new ClientError('already_joined', `${directory} belongs to a server already: open it, or choose another`)
    const joined = await joinServer(url, rootFingerprint, device ?? createDeviceName())
    await state.writeAuthorities(joined.pin.rootPem, joined.authorities)
    await state.writeProfile(joined.profile)
    return homeOf(state, joined.profile, { pin: joined.pin, askedAt: now() }, null, now)
  })
}

/** Goes on in the folder of an earlier time. Asks nothing of the network. */
export async function openHome({ directory, keyPassword, now = currentTime }: OpenOptions): Promise<Home> {
  return withState(directory, async (state) => {
    const profile = await state.readProfile()
    if (!profile) throw new ClientError('not_joined', `${directory} belongs to no server yet: join one first`)
    const { root, authorities, askedAt } = await state.readAuthorities()
    const pin = pinRoot(root, profile.rootFingerprint, profile.trustDomain, authorities)
    return homeOf(state, profile, { pin, askedAt }, await readCredentials(state, profile, keyPassword), now)
  })
}

async function withState(directory: string, begin: (state: StateDirectory) => Promise<Home>): Promise<Home> {
  const state = await StateDirectory.open(directory)
  try {
    return await begin(state)
  } catch (error) {
    await state.close()
    throw error
  }
}

async function readCredentials(
  state: StateDirectory,
  { username }: Profile,
  keyPassword: string | undefined,
): Promise<Credentials | null> {
  const pem = await state.readIdentity()
  if (pem === null || username === undefined) return null
  const { certificate, key } = parseIdentityFile(pem)
  return certificate === null ? null : rememberedCredentials(username, certificate, openKey(key, keyPassword))
}

async function homeOf(
  state: StateDirectory,
  profile: Profile,
  { pin, askedAt }: { readonly pin: Pin; readonly askedAt: Date },
  credentials: Credentials | null,
  now: () => Date,
): Promise<Home> {
  const identities = createIdentityClient({ url: profile.identityUrl, rootPem: pin.rootPem })
  const notices = new Notices()
  const authorities = new Authorities({
    pin,
    askedAt,
    fetch: () => identities.authorities(),
    store: (pem) => state.writeAuthorities(pin.rootPem, pem),
    outdated: (nextUpdate) => notices.tell({ type: 'crl_outdated', nextUpdate: nextUpdate.toISOString() }),
    now,
  })
  const contacts = await state.openContacts()
  const onRenewed = () => undefined
  return { state, profile, identities, authorities, contacts, notices, now, onRenewed, credentials }
}
