import { Fingerprint } from '../wire/formats.js'
import { ClientError } from './client-error.js'

/** What a person typed is no sign of an attack where it is none at all. Throws ClientError `fingerprint_unfit`. */
export function checkFingerprint(text: string): void {
  const parsed = Fingerprint.safeParse(text)
  if (parsed.success) return
  throw new ClientError('fingerprint_unfit', `the fingerprint ${parsed.error.issues[0]?.message}: it is mistyped`)
}
