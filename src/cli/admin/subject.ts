import { Refusal } from '../../client/refusal.js'
import { HermesError } from '../../errors.js'
import type { AccountDetails, IssuedCertificateDetails } from '../../wire/administration.js'
import { Fingerprint, SerialNumber, Username } from '../../wire/formats.js'
import { type Option, UsageError } from '../command.js'
import type { Invocation } from './command.js'
import type { Connection } from './connection.js'

/** What a command is about. */
export type Subject =
  | { readonly kind: 'user'; readonly account: AccountDetails }
  | { readonly kind: 'certificate'; readonly certificate: IssuedCertificateDetails }

/** For whatever names both: a user may call himself like somebody's serial number. */
export const SUBJECT_OPTIONS: Readonly<Record<'user' | 'certificate', Option>> = {
  user: { description: 'the name is that of a user' },
  certificate: { description: 'the name is that of a certificate' },
}

/**
 * Whom or what a name means: a username, a serial number or a fingerprint, the latter two as other programs print them,
 * too. Throws UsageError where it means both, and `not_found` where nothing.
 */
export async function subjectOf(connection: Connection, name: string, flags: Invocation['flags']): Promise<Subject> {
  const account = flags.has('certificate') ? null : await accountOf(connection, name)
  const certificate = flags.has('user') ? null : await certificateOf(connection, name)
  if (account && certificate)
    throw new UsageError(`${name} is both a user and a certificate: say which with --user or --certificate`)
  if (account) return { kind: 'user', account }
  if (certificate) return { kind: 'certificate', certificate }
  const sentence = `There is no user and no certificate ${name}: "hermes admin list-users" and "list-certificates" list them`
  throw new HermesError('not_found', sentence)
}

async function accountOf(connection: Connection, name: string): Promise<AccountDetails | null> {
  if (!Username.safeParse(name).success) return null
  return found(connection.call('GET', `/admin/users/${name}`)) as Promise<AccountDetails | null>
}

async function certificateOf(connection: Connection, name: string): Promise<IssuedCertificateDetails | null> {
  const serialOrFingerprint = certificateName(name)
  if (serialOrFingerprint === null) return null
  const path = `/admin/certificates/${encodeURIComponent(serialOrFingerprint)}`
  return found(connection.call('GET', path)) as Promise<IssuedCertificateDetails | null>
}

/** As the wire has it: OpenSSL prints capital letters, and colons between bytes. */
function certificateName(name: string): string | null {
  const plain = name.toLowerCase()
  if (Fingerprint.safeParse(plain).success) return plain
  const hex = plain.replaceAll(':', '')
  if (/^[0-9a-f]{64}$/.test(hex)) return `sha256:${hex}`
  return SerialNumber.safeParse(hex).success ? hex : null
}

async function found(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return null
    throw error
  }
}
