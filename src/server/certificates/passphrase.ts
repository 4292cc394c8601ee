import { createPrivateKey, type KeyObject } from 'node:crypto'
import { DerError } from '../../pki/der.js'
import { deriveKey, KeyOpener, lockWith } from '../../pki/pbes2.js'
import { RESTORE, readText } from './files.js'
import { blaming, refusal } from './refusal.js'

const VARIABLE = 'HERMES_CA_PASSPHRASE_FILE'
/** PBKDF2-HMAC-SHA256, as OWASP asks. */
export const PASSPHRASE_ITERATIONS = 600_000
const ENCRYPTED = 'BEGIN ENCRYPTED PRIVATE KEY'

/** Opens CA keys, which are locked exactly when there is a passphrase. */
export interface Passphrase {
  readonly text: string
  readonly opener: KeyOpener
}

/** The first line of the passphrase file; null without a file. */
export async function readPassphrase(file: string | null): Promise<Passphrase | null> {
  if (file === null) return null
  const [line = ''] = (await readText(file, `put the passphrase there, or correct ${VARIABLE}`)).split(/\r?\n/, 1)
  if (line === '') throw refusal(file, 'its first line is empty', 'put the passphrase there')
  return { text: line, opener: new KeyOpener(line) }
}

async function openLocked(file: string, pem: string, { opener }: Passphrase): Promise<KeyObject> {
  try {
    return await opener.open(pem)
  } catch (cause) {
    if (cause instanceof DerError) throw refusal(file, `it cannot be opened: ${cause.message}`, RESTORE, cause)
    throw refusal(
      file,
      `the passphrase of ${VARIABLE} does not open it`,
      'correct the passphrase, or restore the key',
      cause,
    )
  }
}

/** The private key of a CA. Locked without a passphrase, or plain in spite of one, is a start error. */
export async function readAuthorityKey(file: string, passphrase: Passphrase | null): Promise<KeyObject> {
  const pem = await readText(file, RESTORE)
  const isLocked = pem.includes(ENCRYPTED)
  if (isLocked && passphrase === null)
    throw refusal(file, 'it is encrypted', `name its passphrase's file in ${VARIABLE}`)
  if (isLocked && passphrase !== null) return openLocked(file, pem, passphrase)
  const key = readPlainKey(file, pem, RESTORE)
  if (passphrase === null) return key
  const command = 'openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000'
  throw refusal(
    file,
    `it is not encrypted although ${VARIABLE} is set`,
    `encrypt it with ${command}, or unset the variable`,
  )
}

/** The key of a CA as its file is to be: PEM, locked where there is a passphrase. */
export async function lockedKey(key: KeyObject, passphrase: Passphrase | null): Promise<string> {
  if (passphrase === null) return String(key.export({ format: 'pem', type: 'pkcs8' }))
  return lockWith(await deriveKey(passphrase.text, PASSPHRASE_ITERATIONS), key)
}

/** A key that is not encrypted. */
export function readPlainKey(file: string, pem: string, remedy: string): KeyObject {
  if (pem.includes(ENCRYPTED) || pem.includes('Proc-Type:'))
    throw refusal(file, 'it is encrypted', 'Hermes reads this key only without a passphrase')
  return blaming(file, remedy, () => {
    try {
      return createPrivateKey(pem)
    } catch (cause) {
      throw new Error('it is not a private key in PEM', { cause })
    }
  })
}
