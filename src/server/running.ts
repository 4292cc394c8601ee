export interface Running {
  readonly identityUrl: string
  readonly hubUrl: string
  /** Where CRLs, OCSP and issuers are found, as users' certificates say. */
  readonly pkiUrl: string
  /** Where Prometheus reads; null without HERMES_METRICS_PORT. */
  readonly metricsUrl: string | null
  readonly rootFingerprint: string
  readonly trustDomain: string
  /** Whether this start made the certificate authority. */
  readonly created: boolean
  /** Refuses new work, tells clients to come back, stores what was accepted, and ends. */
  close(): Promise<void>
}

export type Urls = Pick<Running, 'identityUrl' | 'hubUrl'>
