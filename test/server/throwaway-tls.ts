import { execFileSync } from 'node:child_process'

export interface KeyAndCertificate {
  readonly key: string
  readonly cert: string
}

const COMMAND =
  'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout - -subj /CN=localhost -days 1 -addext subjectAltName=DNS:localhost,IP:127.0.0.1'

/** A self-signed server certificate for 127.0.0.1 and localhost, good for a day. */
export function createThrowawayTls(): KeyAndCertificate {
  const output = execFileSync('openssl', COMMAND.split(' '), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const [key, cert] = output.split(/(?=-----BEGIN CERTIFICATE-----)/)
  if (key === undefined || cert === undefined) throw new Error(`No key and certificate in ${output}`)
  return { key, cert }
}
