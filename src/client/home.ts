import type { Authorities } from './authorities.js'
import { ClientError } from './client-error.js'
import type { Contacts } from './contacts.js'
import type { Credentials } from './credentials.js'
import type { IdentityClient } from './identity-client.js'
import type { Notices } from './notices.js'
import type { Profile } from './state/profile.js'
import type { StateDirectory } from './state/state-directory.js'

/** What the parts of one client share. */
export interface Home {
  readonly state: StateDirectory
  readonly identities: IdentityClient
  readonly authorities: Authorities
  readonly contacts: Contacts
  readonly notices: Notices
  readonly now: () => Date
  /** Called when this device has another certificate. */
  onRenewed: () => void
  profile: Profile
  /** Null until somebody registers or logs in. */
  credentials: Credentials | null
}

/** Whoever uses this device. Throws ClientError `not_registered`. */
export function selfOf({ credentials }: Home): Credentials {
  if (credentials) return credentials
  throw new ClientError('not_registered', 'nobody has registered or logged in on this device: call register or login')
}
