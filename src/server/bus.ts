import type { KeyObject } from 'node:crypto'
import type { Bus } from '../bus/bus.js'
import { createInProcessBus } from '../bus/in-process.js'
import type { BusLogger } from '../bus/logger.js'
import type { BusMeter } from '../bus/meter.js'
import { createNatsBus } from '../bus/nats/nats.js'
import type { Config } from '../config.js'
import { natsAddress } from './nats-address.js'

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
  if (config.natsUrl === null || key === null) return createInProcessBus()
  return createNatsBus({
    ...natsAddress(config, config.natsUrl, rootFingerprint),
    key,
    now: () => now().getTime(),
    inlineBytes: config.natsInlineBytes,
    bufferBytes: config.natsBufferBytes,
    meter,
    logger,
  })
}
