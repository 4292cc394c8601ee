import { type ClientCode, ClientError, LinkClosedError, Refusal, VerificationError } from '../../client/index.js'
import type { ErrorCode } from '../../errors.js'
import { CLOSE } from '../../wire/frames.js'

/** Where the sentence of the SDK speaks to programmers. */
export const INSTEAD: Partial<Record<ClientCode, string>> = {
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
  key_doubted: '"hermes trust", or /trust in a chat, once he has read you the same',
  cannot_seal: 'if the server may read it: /plain in a chat, or "hermes send --plain"',
  unreachable: 'see whether the server runs, and whether the address is right',
  username_taken: 'choose another name, or "hermes login" where it is you who has it',
  user_not_found: 'ask for the name as it was registered; "hermes people" lists those you know',
  no_private_key: 'the server keeps no key of this user: "hermes recover" makes another',
  certificate_required: 'where this is the address of the hub: "hermes join" takes that of the identity service',
  certificate_revoked: '"hermes recover" gets another with your password; others must invite you anew',
  account_disabled: 'ask whoever runs the server; an account that was deleted does not come back',
  certificate_superseded: '"hermes login" in a new --profile gets the one of now',
  certificate_expired: '"hermes renew", or "hermes recover" where it ended more than 30 days ago',
  root_mismatch: 'ask whoever runs the server for the fingerprint again, and do not go on with another one',
  server_untrusted: 'somebody else may answer in its place: do not go on, ask whoever runs the server',
  certificate_swapped: 'compare the fingerprint with the person again, and ask whoever runs the server',
}

const BY_CLOSE: ReadonlyMap<number, string | undefined> = new Map([
  [CLOSE.revoked.code, REMEDIES.certificate_revoked],
  [CLOSE.expired.code, REMEDIES.certificate_expired],
  [CLOSE.disabled.code, REMEDIES.account_disabled],
  [CLOSE.violation.code, 'the server may be newer than this hermes: "hermes --version", and get one that is as new'],
  [CLOSE.replaced.code, 'one hermes at a time is this device; "hermes login" in a new --profile makes another one'],
  [CLOSE.superseded.code, REMEDIES.certificate_superseded],
])

/** The same for whatever ended the connection. */
export function remedyOfEnd(error: Error | undefined): string | undefined {
  return error instanceof ClientError || error instanceof Refusal || error instanceof VerificationError
    ? remedyOf(error)
    : undefined
}

/** The command that mends it, or what else helps; where nothing does, nothing. */
export function remedyOf(error: ClientError | VerificationError | Refusal): string | undefined {
  if (error instanceof LinkClosedError) return BY_CLOSE.get(error.close.code)
  return REMEDIES[error.code as ErrorCode]
}
