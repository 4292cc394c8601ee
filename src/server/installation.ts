import type { KeyObject } from 'node:crypto'
import type { Logger } from 'pino'
import type { Config } from '../config.js'
import type { Store } from '../store/store.js'
import type { CertificateOptions, Certificates } from './certificate-files.js'
import type { LiveAuthorities } from './certificates/authority-set.js'
import type { Figures } from './metrics/figures.js'

export interface Installation {
  readonly config: Config
  readonly store: Store
  readonly files: Omit<CertificateOptions, 'now'>
  /** As they were at start. */
  readonly certificates: Certificates
  readonly authorities: LiveAuthorities
  readonly trustDomain: string
  /** By which nodes know each other's messages; null where there are no others. */
  readonly busKey: KeyObject | null
  readonly logger: Logger
  readonly figures: Figures
  readonly now: () => Date
}
