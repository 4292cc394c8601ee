import type { KeyObject } from 'node:crypto'
import type { Bus } from '../bus/bus.js'
import { createInProcessBus } from '../bus/in-process.js'
import type { BusLogger } from '../bus/logger.js'
import type { BusMeter } from '../bus/meter.js'
import { createNatsBus } from '../bus/nats/nats.js'
import type { Config } from '../config.js'
import { HermesError } from '../errors.js'

/** Of the fingerprint of the root, so many digits tell installations apart that share a NATS. */
const PREFIX_DIGITS = 16

export interface BusOptions {
  readonly config: Config
  readonly rootFingerprint: string
  /** Null where there are no other nodes. */
  readonly key: KeyObject | null
  readonly now: () => Date
  readonly meter: BusMeter
  readonly logger: BusLogger
}

/** The bus of this node: within the process, or through NATS where it is configured. */
export function createBus({ config, rootFingerprint, key, now, meter, logger }: BusOptions): Bus {
  const { natsUrl, natsCaFile: caFile, natsCertFile: certFile, natsKeyFile: keyFile } = config
  if (natsUrl === null || key === null) return createInProcessBus()
  if ((certFile === null) !== (keyFile === null))
    throw new HermesError(
      'invalid_request',
      'HERMES_NATS_CERT_FILE and HERMES_NATS_KEY_FILE: only one is set; set both or neither',
    )
  return createNatsBus({
    servers: natsUrl,
    caFile,
    certFile,
    keyFile,
    credentialsFile: config.natsCredentialsFile,
    prefix: `hermes.${rootFingerprint.replace('sha256:', '').slice(0, PREFIX_DIGITS)}`,
    key,
    now: () => now().getTime(),
    inlineBytes: config.natsInlineBytes,
    bufferBytes: config.natsBufferBytes,
    meter,
    logger,
  })
}
