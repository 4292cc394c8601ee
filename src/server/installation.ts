import type { Logger } from 'pino'
import type { Config } from '../config.js'
import type { Store } from '../store/store.js'
import type { CertificateOptions, Certificates } from './certificate-files.js'

export interface Installation {
  readonly config: Config
  readonly store: Store
  readonly files: Omit<CertificateOptions, 'now'>
  readonly certificates: Certificates
  readonly trustDomain: string
  readonly logger: Logger
  readonly now: () => Date
}
