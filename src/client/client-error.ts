/** What keeps this side from going on, without the server having lied or refused: code for programs → meaning. */
export const CLIENT_CODES = {
  directory_in_use: 'Another process uses the directory',
  directory_unfit: 'The directory cannot be locked for one process',
  directory_unsafe: 'Others may read or write what is in the directory',
  directory_damaged: 'A file of the directory cannot be read',
  directory_full: 'The directory has as many conversations as it takes',
  not_joined: 'The directory belongs to no server yet',
  already_joined: 'The directory belongs to a server already',
  not_registered: 'The directory has no user yet',
  already_registered: 'The directory has a user already',
  fingerprint_unfit: 'A fingerprint is mistyped: it has not the form of one',
  username_unfit: 'Nobody can be called so',
  passwords_equal: 'Both passwords are the same',
  password_unfit: 'The second password is too weak to lock a key',
  key_locked: 'The private key is locked, and the password that opens it is missing or wrong',
  key_missing: 'The certificate belongs to another private key than that of this device',
  fingerprint_changed: 'Somebody has another certificate than the one remembered',
  user_unusable: 'The certificate of somebody has expired or was revoked',
  unreachable: 'There is no connection to the server',
  not_connected: 'The client does not talk to the hub yet',
  link_ended: 'The connection to the hub has ended for good',
  conversation_unknown: 'This device knows no such conversation',
  invitation_ended: 'The invitation is over',
  cannot_seal: 'Somebody of the conversation cannot open what is sealed',
  key_doubted: 'The server alone says that the key of a member is his: it is to be compared first',
  message_unfit: 'The message cannot be sealed as it is',
} as const

export type ClientCode = keyof typeof CLIENT_CODES

/** This side cannot go on; `message` says why and what to do. */
export class ClientError extends Error {
  override readonly name: string = 'ClientError'
  readonly code: ClientCode

  constructor(code: ClientCode, message: string = CLIENT_CODES[code], options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
