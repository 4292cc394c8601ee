/** A table whose rows are in the order of its key. */
export interface Table {
  readonly name: string
  readonly key: readonly string[]
}

const table = (name: string, ...key: readonly string[]): Table => ({ name, key })

/** All of a database, each table behind those that its rows name. */
export const TABLES: readonly Table[] = [
  table('Meta', 'id'),
  table('User', 'id'),
  table('Escrow', 'userId'),
  table('Key', 'spkiHash'),
  table('Certificate', 'id'),
  table('ServerCertificate', 'id'),
  table('Authority', 'name'),
  table('RevocationChange', 'issuer'),
  table('Crl', 'issuer'),
  table('LoginFailure', 'username', 'address'),
  table('Conversation', 'id'),
  table('Participant', 'conversationId', 'userId', 'fromSeq'),
  table('Invitation', 'id'),
  table('Event', 'id'),
  table('Usage', 'userId'),
  table('InvitationUsage', 'day', 'userId'),
  table('Request', 'userId', 'requestId'),
  table('Device', 'id'),
  table('Cursor', 'deviceId', 'conversationId'),
  table('Notice', 'deviceId', 'eventId'),
  table('Audit', 'seq'),
]

/** Made with the schema, and not empty before the first user. */
export const PREPARED: readonly string[] = ['Meta', 'RevocationChange']

/** Those whose ids are never given twice, rows that are gone included. */
export const COUNTED: readonly string[] = ['User', 'Certificate', 'ServerCertificate', 'Conversation', 'Device']
