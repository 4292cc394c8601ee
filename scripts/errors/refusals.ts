import type { ErrorCode } from '../../src/errors.js'

export interface Explanation {
  readonly cause: string
  readonly remedy: string
}

/** Why each refusal comes, and what its reader can do. */
export const REFUSALS: Readonly<Record<ErrorCode, Explanation>> = {
  invalid_request: {
    cause:
      'A parameter is missing, malformed or unknown, or the request itself is: a frame that is no JSON-RPC 2.0, an upgrade without its header fields.',
    remedy: '`errors` names each field at fault and its rule. Mend the request; as it is, it fails again.',
  },
  invalid_credentials: {
    cause: 'The password is wrong, or there is no such user: the answer does not tell which.',
    remedy: 'Check both. Wrong passwords count: five in 15 minutes for one account lock it for the address.',
  },
  certificate_required: {
    cause: 'The hub was asked without a client certificate.',
    remedy: 'Connect with the certificate that `register` gave, and its key: `curl --cert alice.pem --key alice.key`.',
  },
  certificate_unknown: {
    cause: 'No user of this server has this certificate: it is of another authority, or of an installation of before.',
    remedy: 'Get the certificate of this server (`fetch-my`, `fetch`), or register here.',
  },
  certificate_superseded: {
    cause: 'A renewal with another key took its place more than ten minutes ago; only the newest can be renewed.',
    remedy: 'Use the newest certificate: `GET /fetch/{username}` gives it, `fetch-my` with the locked key.',
  },
  certificate_revoked: {
    cause: 'Its owner or an administrator revoked the certificate, or its key is known as compromised.',
    remedy: '`recover` by password gives a new certificate; after a compromise only for a new key.',
  },
  certificate_expired: {
    cause: 'Its validity is over.',
    remedy: '`renew` takes it for 30 days after its end; later only `recover` by password helps.',
  },
  account_disabled: {
    cause: 'An administrator disabled the account, or it is deleted.',
    remedy: 'Ask whoever runs the server. A name that was deleted is never given out again.',
  },
  origin_refused: {
    cause: 'The request has an `Origin`, as browsers send it, that the operator does not admit.',
    remedy: 'Programs: send no `Origin`. Operators: name it in `HERMES_ALLOWED_ORIGINS`.',
  },
  forbidden: {
    cause:
      'It takes the role of an administrator, or the newest certificate (`revoke` of the newest, `delete-account`), or is not done at all.',
    remedy: 'Connect with the newest certificate; `hermes admin grant` gives the role.',
  },
  not_found: {
    cause: 'There is no such path, method of JSON-RPC, certificate or CA.',
    remedy: 'Compare it with openapi.yaml or asyncapi.yaml, and look whether it is the right listener.',
  },
  user_not_found: {
    cause: 'Nobody has this name: it was never registered, or is deleted.',
    remedy: 'Check how it is spelt: names are compared byte for byte.',
  },
  no_private_key: {
    cause:
      'The password is right, but no locked key is kept for the newest certificate: a renewal with another key drops it.',
    remedy: 'Bring the key from the device that has it, and `escrow` it there; if it is lost, `recover`.',
  },
  conversation_not_found: {
    cause:
      'There is no such conversation for this user: he is not a member, or was never one. Others’ are not told apart.',
    remedy: 'Check the id; ask a member for an invitation. Of one that was left, `history` still has the stays.',
  },
  invitation_not_found: {
    cause: 'There is no such invitation from or to this user.',
    remedy:
      'Check the id, and that the right side asks: the invitee accepts and declines, the inviter confirms and cancels.',
  },
  method_not_allowed: {
    cause: 'The path exists, but not with this HTTP method.',
    remedy: '`Allow` names those it has.',
  },
  request_timeout: {
    cause: 'The request was not there in full within `HERMES_CONNECTION_SECONDS`.',
    remedy: 'Send it again, without pauses; look at the network.',
  },
  username_taken: {
    cause: 'Somebody has this name, or had it: a name is given out once. The connection closes.',
    remedy: 'Choose another. If it is yours: `fetch-my` or `recover`.',
  },
  certificate_mismatch: {
    cause:
      'Another certificate is meant than the one in use: a user who is invited has a new one, an invitation names an earlier one of yours, or a locked key came for a certificate that has another key by now.',
    remedy:
      '`fetch` the certificate as it is now, compare its fingerprint as with a new acquaintance, and begin again with it.',
  },
  invitation_state: {
    cause: 'The invitation is in another `state`: accepted, declined, cancelled or joined by now.',
    remedy:
      'Take the state as it is; where it is over, invite anew. The same request with the same parameters is no error.',
  },
  invitation_open: {
    cause: 'This user has an invitation to this conversation that is open.',
    remedy: 'Wait for his answer, or `cancel` it first.',
  },
  already_member: {
    cause: 'This user is a member.',
    remedy: 'Nothing is to be done; `members` lists who is.',
  },
  roster_changed: {
    cause: 'Somebody joined or left between the invitation and `confirm`, or while it was on its way.',
    remedy: 'Look at `members`, and `confirm` again with a signature over their `roster`.',
  },
  epoch_conflict: {
    cause: 'Another member raised the `epoch` of the conversation first.',
    remedy: 'Read what he sent, and send again with the `epoch` that the refusal tells.',
  },
  message_conflict: {
    cause: 'This `messageId` was used for a message with another content.',
    remedy: 'Give each message a UUID of its own; keep it for repetitions of the very same.',
  },
  request_conflict: {
    cause: 'This `requestId` was used with other parameters.',
    remedy: 'Give each request a UUID of its own; keep it for repetitions of the very same.',
  },
  conversation_full: {
    cause: 'Members and open invitations are 512, or the conversation has had all the invitations it may have.',
    remedy: 'Wait until somebody leaves or an invitation ends; else start another conversation.',
  },
  invitation_expired: {
    cause: 'The time of the invitation is up.',
    remedy: 'Invite anew.',
  },
  too_large: {
    cause: 'The body is larger than the listener takes, or has more than 4096 members and elements.',
    remedy: 'Send less at once; `limits` in `/.well-known/hermes` says how much. The sentence names the variable.',
  },
  uri_too_long: {
    cause: 'The path with its query is too long.',
    remedy: 'Shorten it; what is long belongs into a body.',
  },
  unsupported_media_type: {
    cause:
      'The `Content-Type` of the body is not taken here: the hub takes JSON alone, the identity listener forms too.',
    remedy: 'Send `application/json`.',
  },
  csr_rejected: {
    cause:
      'The request for a certificate is malformed, its signature is wrong, or its key or name is none that is certified here.',
    remedy:
      'The sentence says which. Keys: P-256, P-384, Ed25519, RSA of 2048 to 4096 bits; `openssl req -new -key me.key -subj /CN=me` makes a good one.',
  },
  private_key_rejected: {
    cause: 'The private key is not locked, or so weakly that passwords could be tried fast.',
    remedy: '`openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000 -in me.key` makes a good one.',
  },
  certificate_rejected: {
    cause:
      'A certificate that was given is not of this authority, not good any more, or the caller’s own, or stands twice.',
    remedy: 'The sentence names it. `fetch` the current one; name each other user once.',
  },
  invalid_signature: {
    cause:
      'The signature over the transcript of the invitation does not verify under the certificate of whoever sent it.',
    remedy:
      'Build the transcript byte by byte as docs/protocol.md says, and try it with the test vectors. Often: a line break, `expires` reformatted, or the wrong root fingerprint.',
  },
  rate_limited: {
    cause: 'Too many requests of this user, or too many tries from this address.',
    remedy:
      'Wait for `retryAfterMs` or `Retry-After`. Operators: `HERMES_REQUESTS_PER_SECOND` and its like, which the sentence names.',
  },
  account_locked: {
    cause: 'Too many wrong passwords for this account came from this address.',
    remedy: 'Wait for `Retry-After`, or `unlock` with the certificate. Somebody may be guessing: change the password.',
  },
  quota_exceeded: {
    cause: 'The user has as many of `quota` as one may have: `limit`.',
    remedy:
      'Give some up: close sockets, leave conversations, end invitations. Operators: the sentence names the variable.',
  },
  headers_too_large: {
    cause: 'The header fields of the request are more than 16,384 bytes.',
    remedy: 'Send fewer.',
  },
  internal: {
    cause: 'Something failed that should not.',
    remedy: 'Try again once. Operators: the log has the cause under the same `requestId`.',
  },
  busy: {
    cause: 'More passwords wait to be checked than `limit`.',
    remedy: 'Wait for `Retry-After`. Operators: `HERMES_PASSWORD_WORKERS`.',
  },
  unavailable: {
    cause: 'The database does not answer or takes no more, or a CA signs nothing any more.',
    remedy: 'Try again, after a while that grows. Operators: `hermes admin doctor`.',
  },
  draining: {
    cause: 'The server is about to end.',
    remedy: 'Try again in a second or later: it, or another, will be there.',
  },
}
