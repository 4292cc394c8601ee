import { SERVER_LIFE_MS } from '../../pki/server-certificate.js'
import type { StoreLogger } from '../../store/logger.js'
import type { IssuerName } from '../../store/revocation-store.js'
import type { AuthorityList, RevokedServer, ServerRevocationRequest } from '../../wire/authorities.js'
import { type CertificateOptions, type Certificates, readOperatorPair, renewServer } from '../certificate-files.js'
import type { AuthorityActs, Custody } from '../custody.js'
import { createRounds, type Rounds, type Sleep } from '../rounds.js'
import { issuerOf, type LiveAuthorities, ofKind } from './authority-set.js'
import { daysUntil, endingAuthority } from './ending.js'
import { replacementOf } from './replacement.js'
import { endOfPair, type ServerPair } from './server-pair.js'

/** How often is looked whether a certificate is due, or something in the folder was changed. */
const LOOK_MS = 10_000
/** Of a certificate that lives for minutes, so often at least. */
const LOOKS_IN_A_LIFE = 12

/** The certificates of both listeners. */
export type Pairs = Pick<Certificates, 'server' | 'identityServer'>

export interface RotationOptions {
  readonly files: Omit<CertificateOptions, 'now'>
  readonly certificates: Pairs
  readonly authorities: LiveAuthorities
  readonly custody: Pick<Custody, 'take' | 'describe' | 'retire' | 'revokeServer'>
  /** Whether the database knows a certificate as revoked. */
  readonly isRevoked: (server: ServerPair) => Promise<boolean>
  /** Makes a certificate known to OCSP, before anybody sees it. */
  readonly record: (server: ServerPair) => Promise<void>
  /** Has new connections get these. */
  readonly present: (pairs: Pairs) => void
  readonly now: () => Date
  readonly logger: StoreLogger
  readonly sleep?: Sleep
}

export interface Rotating extends Rounds, AuthorityActs {
  /** Looks now, and not only when its time has come. */
  look(): Promise<void>
}

/**
 * Keeps the certificates of the listeners good while the server runs: takes what is new among the CAs, renews its own
 * in time and replaces it when it was revoked, takes the operator's own when its files have changed, and warns of the
 * end of a CA. What goes wrong is logged, and all stays as it was. Does what an operator asks for between two looks.
 */
export function createRotation(options: RotationOptions): Rotating {
  const { serverLifeMs = SERVER_LIFE_MS } = options.files
  const rotation = new Rotation(options)
  const turns = new OneAtATime()
  const look = () => turns.run(() => rotation.look())
  return {
    ...createRounds(look, Math.min(LOOK_MS, serverLifeMs / LOOKS_IN_A_LIFE), options.sleep),
    look,
    refresh: () => turns.run(() => rotation.refresh()),
    retire: (name) => turns.run(() => rotation.retire(name)),
    revokeServer: (request) => turns.run(() => rotation.revokeServer(request)),
  }
}

class OneAtATime {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#last.then(act)
    this.#last = done.catch(() => {})
    return done
  }
}

class Rotation {
  readonly #options: RotationOptions
  #server: ServerPair
  /** The operator's own, or null. */
  #own: ServerPair | null
  readonly #replacementFailed: (text: string | null) => void
  readonly #renewalFailed: (text: string | null) => void
  readonly #ownIsBad: (text: string | null) => void
  readonly #authorityEnds: (text: string | null) => void
  readonly #folderIsBad: (text: string | null) => void

  constructor(options: RotationOptions) {
    const { logger, certificates } = options
    const { server, identityServer } = certificates
    this.#options = options
    this.#server = server
    this.#own = identityServer === server ? null : identityServer
    this.#replacementFailed = whenNew((text) => logger.error({}, text))
    this.#renewalFailed = whenNew((text) => logger.error({}, text))
    this.#ownIsBad = whenNew((text) => logger.error({}, text))
    this.#authorityEnds = whenNew((text) => logger.warn({}, text))
    this.#folderIsBad = whenNew((text) => logger.error({}, text))
  }

  async look(): Promise<void> {
    const { files, authorities, now } = this.#options
    await this.#take()
    await this.#replace()
    await this.#renew()
    await this.#reread()
    this.#authorityEnds(endingAuthority(files.directory, authorities.current, now()))
  }

  async refresh(): Promise<AuthorityList> {
    await this.#takeOrFail()
    await this.#renew()
    return this.#options.custody.describe()
  }

  async retire(name: IssuerName): Promise<AuthorityList> {
    await this.#options.custody.retire(name)
    return this.#options.custody.describe()
  }

  async revokeServer(request: ServerRevocationRequest): Promise<RevokedServer> {
    const { pair, revoked } = await this.#options.custody.revokeServer(request)
    this.#present(pair, this.#own)
    return revoked
  }

  async #take(): Promise<void> {
    try {
      await this.#takeOrFail()
    } catch (error) {
      this.#folderIsBad(`The CAs stay as they were: ${sentence(error)}`)
    }
  }

  async #takeOrFail(): Promise<void> {
    const { custody, logger } = this.#options
    const isNew = await custody.take()
    this.#folderIsBad(null)
    if (isNew) logger.info({ ...custody.describe() }, 'The certificate authorities have changed')
  }

  async #replace(): Promise<void> {
    const { files, authorities, isRevoked, record, now, logger } = this.#options
    try {
      const replacement = await replacementOf(this.#server, {
        files: { ...files, now: now() },
        generations: ofKind(authorities.current, 'servers'),
        issuer: () => issuerOf(authorities.current, 'servers', files.pkiUrl ?? null),
        isRevoked,
      })
      this.#replacementFailed(null)
      if (!replacement) return
      await record(replacement)
      this.#present(replacement, this.#own)
      logger.info(
        { notAfter: endOfPair(replacement) },
        'The server certificate was revoked, and another took its place',
      )
    } catch (error) {
      this.#replacementFailed(
        `Whether the server certificate was revoked is not known, or it is not replaced: ${sentence(error)}`,
      )
    }
  }

  async #renew(): Promise<void> {
    const { files, authorities, record, now, logger } = this.#options
    try {
      const servers = issuerOf(authorities.current, 'servers', files.pkiUrl ?? null)
      const renewed = await renewServer({ ...files, now: now() }, servers, this.#server)
      this.#renewalFailed(null)
      if (!renewed) return
      await record(renewed)
      this.#present(renewed, this.#own)
      logger.info({ notAfter: endOfPair(renewed) }, 'The server certificate was renewed')
    } catch (error) {
      const days = daysUntil(endOfPair(this.#server), now())
      this.#renewalFailed(`The server certificate, which ends in ${days} days, cannot be renewed: ${sentence(error)}`)
    }
  }

  async #reread(): Promise<void> {
    const { files, now, logger } = this.#options
    try {
      const own = await readOperatorPair({ ...files, now: now() })
      this.#ownIsBad(null)
      if (!own || isSame(own, this.#own)) return
      this.#present(this.#server, own)
      logger.info({ file: files.tlsCertFile }, 'The certificate of the identity listener was changed')
    } catch (error) {
      this.#ownIsBad(`The identity listener keeps its certificate: ${sentence(error)}`)
    }
  }

  #present(server: ServerPair, own: ServerPair | null): void {
    this.#options.present({ server, identityServer: own ?? server })
    this.#server = server
    this.#own = own
  }
}

function isSame(pair: ServerPair, other: ServerPair | null): boolean {
  return pair.certificatePem === other?.certificatePem && pair.keyPem === other.keyPem
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Passes on what was not said the last time. */
function whenNew(say: (text: string) => void): (text: string | null) => void {
  let last: string | null = null
  return (text) => {
    if (text !== null && text !== last) say(text)
    last = text
  }
}
