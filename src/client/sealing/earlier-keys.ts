import { createPrivateKey } from 'node:crypto'
import { z } from 'zod'
import { jwkOf, type SealingKey } from './sealing-key.js'

const ALGORITHM = { alg: 'ECDH-ES+A256KW', enc: 'A256GCM' } as const
const Keys = z.array(z.object({ publicKey: z.string(), d: z.string() }))

/** Sealing keys of before, as a JWE for the one that came after them [RFC 7516 7.1]: who has that one has all. */
export async function lockKeys(keys: readonly SealingKey[], next: SealingKey): Promise<string> {
  const { CompactEncrypt } = await import('jose')
  const content = keys.map(({ publicKey, privateKey }) => ({ publicKey, d: privateKey.export({ format: 'jwk' }).d }))
  return new CompactEncrypt(Buffer.from(JSON.stringify(content)))
    .setProtectedHeader(ALGORITHM)
    .encrypt(jwkOf(next.publicKey))
}

/** Throws Error where `key` is not the one that they were locked for. */
export async function unlockKeys(locked: string, { privateKey }: SealingKey): Promise<readonly SealingKey[]> {
  const { compactDecrypt } = await import('jose')
  const { plaintext } = await compactDecrypt(locked, privateKey)
  return Keys.parse(JSON.parse(Buffer.from(plaintext).toString())).map(({ publicKey, d }) => ({
    publicKey,
    privateKey: createPrivateKey({ key: { ...jwkOf(publicKey), d }, format: 'jwk' }),
  }))
}
