import {
  type ClientCode,
  ClientError,
  FingerprintChangedError,
  Refusal,
  VerificationError,
} from '../../client/index.js'
import type { ErrorCode } from '../../errors.js'
import { Interrupted } from './ask.js'
import { HOW } from './notice-text.js'

/** Where the sentence of the SDK speaks to programmers. */
const INSTEAD: Partial<Record<ClientCode, string>> = {
  not_joined: 'this profile belongs to no server yet: "hermes join <url> --fingerprint sha256:..." begins',
  already_joined: 'this profile belongs to a server already: give another --profile for another server or user',
  not_registered: 'this profile has no user yet: "hermes register <username>", or "hermes login <username>"',
  already_registered: 'this profile has a user already: give another --profile, and join there first',
  key_locked:
    'the private key is locked, and this password does not open it: it is the second one, not that of the server',
  not_connected: 'there is no connection to the hub',
}

const REMEDIES: Partial<Record<ClientCode | ErrorCode | VerificationError['code'], string>> = {
  directory_in_use: 'one hermes at a time uses a profile; another --profile is another device',
  key_missing: '"hermes login" in a new --profile gets the key of now',
  conversation_unknown: '"hermes conversations" lists those that this device has',
  invitation_ended: '"hermes invitations" lists those that are open',
  unreachable: 'see whether the server runs, and whether the address is right',
  username_taken: 'choose another name, or "hermes login" where it is you who has it',
  user_not_found: 'ask for the name as it was registered; "hermes people" lists those you know',
  no_private_key: 'the server keeps no key of this user: "hermes recover" makes another',
  certificate_required: 'where this is the address of the hub: "hermes join" takes that of the identity service',
  certificate_revoked: '"hermes recover" gets another with your password; others must invite you anew',
  certificate_superseded: '"hermes login" in a new --profile gets the one of now',
  certificate_expired: '"hermes renew", or "hermes recover" where it ended more than 30 days ago',
  root_mismatch: 'ask whoever runs the server for the fingerprint again, and do not go on with another one',
  server_untrusted: 'somebody else may answer in its place: do not go on, ask whoever runs the server',
  certificate_swapped: 'compare the fingerprint with the person again, and ask whoever runs the server',
}

/** Where something is to be done about it, that too. Null for what nobody foresaw: its stack says more. */
export function sentenceOf(error: unknown): string | null {
  if (error instanceof Interrupted) return error.message
  if (error instanceof FingerprintChangedError) return changed(error)
  if (error instanceof ClientError && INSTEAD[error.code] !== undefined) return INSTEAD[error.code] ?? null
  if (!(error instanceof ClientError || error instanceof VerificationError || error instanceof Refusal)) return null
  const remedy = REMEDIES[error.code as ErrorCode]
  return remedy === undefined ? error.message : `${error.message}\n${remedy}`
}

function changed({ change: { username, previous, current, how, wasCompared } }: FingerprintChangedError): string {
  const before = wasCompared ? 'the one you compared' : 'the one remembered'
  return `${username} has another certificate (${HOW[how]}): ${current}, not ${before}, ${previous}
compare it with ${username} by voice or on paper; if it is the same: "hermes trust ${username} ${current}"`
}
