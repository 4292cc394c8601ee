import type { NatsFacts } from '../../bus/nats/probe.js'
import type { Config } from '../../config.js'
import type { DatabaseFacts } from '../../store/examination.js'
import type { IssuerName } from '../../store/revocation-store.js'

export interface FileFacts {
  readonly path: string
  /** Permission bits. */
  readonly mode: number
}

export interface CertificateFacts {
  /** Of its file. */
  readonly name: string
  readonly notBefore: Date
  readonly notAfter: Date
}

/** An issuing CA. */
export interface AuthorityFacts {
  readonly name: IssuerName
  readonly fingerprint: string
  /** Whether it is the one of its kind that issues. */
  readonly isNewest: boolean
  readonly hasKey: boolean
  readonly isRevoked: boolean
}

export interface RootCrlFacts {
  readonly number: number
  /** When it is followed by the next. */
  readonly nextUpdate: Date
}

/** What was read, or one sentence why it could not be. */
export type Read<T> = { readonly value: T } | { readonly problem: string }

/** What an installation is like, as it was found; nothing was changed to find it. */
export interface Facts {
  readonly now: Date
  readonly node: string
  readonly config: Pick<
    Config,
    'host' | 'hostnames' | 'bcryptCost' | 'certificateDays' | 'certsDir' | 'databaseUrl' | 'natsUrl' | 'pkiHttpPort'
  >
  readonly folder: Read<FileFacts>
  /** Keys of the certificates folder. */
  readonly keys: readonly FileFacts[]
  /** Null where a server has the database. */
  readonly databaseFiles: { readonly folder: Read<FileFacts>; readonly file: Read<FileFacts> } | null
  readonly certificates: readonly CertificateFacts[]
  /** The issuing CAs, newest first, each whole: form, chain, purpose, and that its key is its certificate's. */
  readonly authorities: Read<readonly AuthorityFacts[]>
  /** Whether the pairs of the listeners, that of the operator's own among them, are such that a server starts. */
  readonly listenerPairs: Read<null>
  readonly rootCrl: Read<RootCrlFacts>
  readonly isRootKeyHere: boolean
  readonly database: Read<DatabaseFacts>
  /** Null where no nodes hear each other through it. */
  readonly nats: Read<NatsFacts> | null
  /** Bytes, of the file system that has the database; null where that is another machine's, or may be. */
  readonly disk: Read<{ readonly free: number; readonly size: number }> | null
  readonly isServerRunning: boolean
  /** Ports of the configuration, and whether somebody listens there. */
  readonly ports: readonly { readonly name: string; readonly port: number; readonly isTaken: boolean }[]
}

export type Status = 'ok' | 'warning' | 'error'

/** One thing that was looked at. */
export interface Check {
  readonly name: string
  readonly status: Status
  readonly detail: string
  /** What to do; absent where all is well. */
  readonly remedy?: string
}

export function ok(name: string, detail: string): Check {
  return { name, status: 'ok', detail }
}

export function warning(name: string, detail: string, remedy: string): Check {
  return { name, status: 'warning', detail, remedy }
}

export function failure(name: string, detail: string, remedy: string): Check {
  return { name, status: 'error', detail, remedy }
}
