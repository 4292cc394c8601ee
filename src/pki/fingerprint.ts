import { createHash } from 'node:crypto'

/** SHA-256 of `bytes`, 64 lower-case hex digits. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Fingerprint of a certificate: `sha256:` and 64 hex digits over its DER. */
export function fingerprintOf(der: Uint8Array): string {
  return `sha256:${sha256Hex(der)}`
}
