import { unlink } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { HermesError } from '../errors.js'
import type { AuthorityStore } from '../store/authority-store.js'
import type { IssuerName } from '../store/revocation-store.js'
import type { AuthorityList, RevokedServer, ServerRevocationRequest } from '../wire/authorities.js'
import type { CertificateOptions } from './certificate-files.js'
import { type AuthoritySet, isNewest, isRevoked, issuerOf, type LiveAuthorities } from './certificates/authority-set.js'
import { issuerFile, keyFile } from './certificates/files.js'
import { folderVersion, readAuthoritySet, settleAuthorities } from './certificates/folder-authorities.js'
import { type Passphrase, readPassphrase } from './certificates/passphrase.js'
import { publish, writingTo } from './certificates/publication.js'
import { systemCode } from './certificates/refusal.js'
import { issueServerPair, type ServerPair, serverFiles } from './certificates/server-pair.js'
import { describePair } from './revocation.js'

/** Users who are looked at again before others have their turn. */
const PIECE = 50

export interface CustodyOptions {
  readonly files: Omit<CertificateOptions, 'now'>
  readonly authorities: LiveAuthorities
  readonly store: AuthorityStore
  /** The certificates of these users may no longer be good. */
  readonly standingChanged: (userId: number) => void
  /** There are other CAs than before. */
  readonly changed: (set: AuthoritySet) => void
  readonly now: () => Date
}

/** What an operator has done with the CAs and with the server's own certificate. Rejects with what was refused. */
export interface AuthorityActs {
  /** Takes the certificates folder as it is now. */
  refresh(): Promise<AuthorityList>
  /** Removes the key of a CA that has a successor and of whose certificates none is good any more. */
  retire(name: IssuerName): Promise<AuthorityList>
  /** A new certificate for the server, in the place of every one that is good, which are revoked. */
  revokeServer(request: ServerRevocationRequest): Promise<RevokedServer>
}

/** What the server does with its CAs' keys beyond issuing; on its own machine alone. One act at a time. */
export class Custody {
  readonly #options: CustodyOptions
  #version: string | null = null
  #passphrase: Promise<Passphrase | null> | null = null

  constructor(options: CustodyOptions) {
    this.#options = options
  }

  /**
   * Takes the folder as it is now; answers whether that changes anything. Rejects when something in it is bad, or lacks
   * what another node has shown. A CA that another node knows as revoked issues nothing here either.
   */
  async take(): Promise<boolean> {
    const { files, authorities, store, standingChanged, changed, now } = this.#options
    const { directory } = files
    // Killed in the midst, whoever wrote there would have kept all that is put there later from being seen.
    if ((await folderVersion(directory)) === null) await writingTo(directory, async () => {})
    const folder = await folderVersion(directory)
    if (folder === null) return false
    const version = `${folder} ${await this.#known()}`
    if (version === this.#version) return false
    const before = JSON.stringify(this.describe())
    const set = await readAuthoritySet(directory, await this.#readPassphrase(), now())
    const userIds = await settleAuthorities(store, directory, set, now())
    authorities.take(set)
    changed(set)
    this.#version = `${folder} ${await this.#known()}`
    for (const [index, userId] of userIds.entries()) {
      standingChanged(userId)
      if (index % PIECE === PIECE - 1) await setImmediate()
    }
    return JSON.stringify(this.describe()) !== before
  }

  /** What the store knows of the CAs, from this node or another. */
  async #known(): Promise<string> {
    const { store, authorities } = this.#options
    const known = await store.listAuthorities()
    const { current } = authorities
    const distrusted = known
      .filter(({ name, revokedAt }) => revokedAt !== null && !isRevoked(current, name))
      .map(({ name }) => ({ name, reason: 'cACompromise' as const }))
    if (distrusted.length > 0) authorities.take({ ...current, revoked: [...current.revoked, ...distrusted] })
    return `${JSON.stringify(known)} ${await store.rootCrlNumber()}`
  }

  describe(): AuthorityList {
    const set = this.#options.authorities.current
    const { generations, rootCrl } = set
    const statusOf = (name: IssuerName, canSign: boolean) => {
      if (isRevoked(set, name)) return 'revoked'
      return canSign ? (isNewest(set, name) ? 'issues' : 'good') : 'retired'
    }
    return {
      authorities: generations.map(({ name, signer, certificate: { fingerprint, notBefore, notAfter } }) => ({
        name,
        fingerprint,
        status: statusOf(name, signer !== null),
        notBefore: notBefore.toISOString(),
        notAfter: notAfter.toISOString(),
      })),
      rootCrl: rootCrl === null ? null : String(rootCrl.number),
    }
  }

  async retire(name: IssuerName): Promise<void> {
    const { files, authorities, store, now } = this.#options
    if (!authorities.current.generations.some((one) => one.name === name))
      throw new HermesError('not_found', `There is no CA ${name}`)
    if (isNewest(authorities.current, name))
      throw new HermesError('forbidden', `The CA ${name} issues: hermes admin rotate-ca makes the next`)
    await store.retireAuthority({ name, at: now() })
    await unlink(keyFile(files.directory, issuerFile(name))).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error
    })
    await this.take()
  }

  /** The new pair is written down, but yet to be shown. */
  async revokeServer({ reason }: ServerRevocationRequest): Promise<{ pair: ServerPair; revoked: RevokedServer }> {
    const { files, authorities, store, now } = this.#options
    const at = now()
    const pair = issueServerPair(issuerOf(authorities.current, 'servers', files.pkiUrl ?? null), { ...files, now: at })
    const replacement = describePair(pair, authorities.current)
    await publish(files.directory, serverFiles(pair))
    const serialNumbers = await store.revokeServerCertificates({ reason, replacement, at })
    const { serialNumber, fingerprint, notAfter } = replacement
    const described = { serialNumber, fingerprint, notAfter: notAfter.toISOString() }
    return { pair, revoked: { serialNumbers: [...serialNumbers], replacement: described } }
  }

  #readPassphrase(): Promise<Passphrase | null> {
    this.#passphrase ??= readPassphrase(this.#options.files.passphraseFile)
    return this.#passphrase
  }
}
