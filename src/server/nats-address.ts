import type { Config } from '../config.js'
import { HermesError } from '../errors.js'

/** Of the fingerprint of the root, so many digits tell installations apart that share a NATS. */
const PREFIX_DIGITS = 16

/** Where NATS is, how this node shows itself there, and where the subjects of the installation begin. */
export function natsAddress(config: Config, servers: readonly string[], rootFingerprint: string) {
  const { natsCaFile: caFile, natsCertFile: certFile, natsKeyFile: keyFile } = config
  if ((certFile === null) !== (keyFile === null))
    throw new HermesError(
      'invalid_request',
      'HERMES_NATS_CERT_FILE and HERMES_NATS_KEY_FILE: only one is set; set both or neither',
    )
  return {
    servers,
    caFile,
    certFile,
    keyFile,
    credentialsFile: config.natsCredentialsFile,
    prefix: `hermes.${rootFingerprint.replace('sha256:', '').slice(0, PREFIX_DIGITS)}`,
  }
}
