import { execFileSync } from 'node:child_process'

export interface KeyAndRequest {
  /** PKCS#8, PEM, unencrypted. */
  readonly key: string
  /** PKCS#10, PEM. */
  readonly csr: string
}

const ITERATIONS = 600_000

/** A new P-256 key and a request for `username`, made by OpenSSL. */
export function createRequest(username: string): KeyAndRequest {
  const command = `req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout - -subj /CN=${username}`
  const output = execFileSync('openssl', command.split(' '), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const [key, csr] = output.split(/(?=-----BEGIN CERTIFICATE REQUEST-----)/)
  if (key === undefined || csr === undefined) throw new Error(`No key and request in ${output}`)
  return { key, csr }
}

/** The key, locked as pki.md asks. */
export function lockKey(key: string, password: string, iterations = ITERATIONS): string {
  const command = `pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter ${iterations} -passout`
  return execFileSync('openssl', [...command.split(' '), `pass:${password}`], { input: key, encoding: 'utf8' })
}

/** A request for `username` with the key in a file. */
export function requestWithKey(file: string, username: string): string {
  return execFileSync('openssl', ['req', '-new', '-key', file, '-subj', `/CN=${username}`], { encoding: 'utf8' })
}
