import { Fingerprint } from '../../wire/formats.js'
import { UsageError } from '../command.js'

/** What a person typed as one, before anything is asked of the server. Throws UsageError where it is mistyped. */
export function typedFingerprint(what: string, text: string): string {
  const parsed = Fingerprint.safeParse(text)
  if (parsed.success) return parsed.data
  throw new UsageError(`${what} is mistyped: it ${parsed.error.issues[0]?.message}, not ${text}`)
}
