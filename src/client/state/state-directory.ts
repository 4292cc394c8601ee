import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { CertificatePem } from '../../wire/formats.js'
import { ClientError } from '../client-error.js'
import { Contacts, ContactsFile } from '../contacts.js'
import { formatIdentityFile, parseIdentityFile } from '../credentials.js'
import { type JsonFile, jsonFile, privateFolder, readPrivate, removeDrafts, writePrivate } from './files.js'
import { type Lock, lockDirectory } from './lock.js'
import { PendingRenewal } from './pending-renewal.js'
import { Profile } from './profile.js'

const ROOT = 'root-ca.pem'
const AUTHORITIES = 'authorities.pem'
const IDENTITY = 'identity.pem'

/** What a client remembers: a folder (0700) of files (0600), for one process at a time. */
export class StateDirectory {
  readonly path: string
  readonly #lock: Lock
  readonly #profile: JsonFile<Profile>
  readonly #contacts: JsonFile<ContactsFile>
  /** PEM of one's own certificates that were renewed with the same key, and may be good still. */
  readonly earlierCertificates: JsonFile<readonly string[]>
  /** Keys that messages were sealed for before the private key was replaced, locked for the one of now. */
  readonly earlierSealingKeys: JsonFile<string | null>
  /** A renewal that was interrupted. */
  readonly pendingRenewal: JsonFile<PendingRenewal | null>

  private constructor(path: string, lock: Lock) {
    this.path = path
    this.#lock = lock
    this.#profile = jsonFile(path, 'profile.json', Profile)
    this.#contacts = jsonFile(path, 'contacts.json', ContactsFile)
    this.earlierCertificates = jsonFile(path, 'earlier-certificates.json', z.array(CertificatePem).readonly())
    this.earlierSealingKeys = jsonFile(path, 'earlier-sealing-keys.json', z.string().nullable())
    this.pendingRenewal = jsonFile(path, 'renewal.json', PendingRenewal.nullable())
  }

  /** Makes the folder if need be and locks it. Throws ClientError `directory_in_use` or `directory_unsafe`. */
  static async open(path: string): Promise<StateDirectory> {
    await privateFolder(path)
    const lock = await lockDirectory(path)
    await removeDrafts(path)
    return new StateDirectory(path, lock)
  }

  readProfile(): Promise<Profile | null> {
    return this.#profile.read()
  }

  writeProfile(profile: Profile): Promise<void> {
    return this.#profile.write(profile)
  }

  /** The pinned root and the CAs under it, PEM, and when they were written. */
  async readAuthorities(): Promise<{ readonly root: string; readonly authorities: string; readonly askedAt: Date }> {
    const [root, authorities] = await Promise.all([this.#read(ROOT), this.#read(AUTHORITIES)])
    if (root !== null && authorities !== null)
      return { root, authorities, askedAt: (await stat(join(this.path, AUTHORITIES))).mtime }
    throw new ClientError('directory_damaged', `${join(this.path, ROOT)} is missing: restore it, or begin anew`)
  }

  async writeAuthorities(root: string, authorities: string): Promise<void> {
    await writePrivate(join(this.path, ROOT), root)
    await writePrivate(join(this.path, AUTHORITIES), authorities)
  }

  /** PEM of the private key, with the certificate before it once there is one. */
  readIdentity(): Promise<string | null> {
    return this.#read(IDENTITY)
  }

  /** One file, so that certificate and key never part. */
  writeIdentity(pem: string): Promise<void> {
    return writePrivate(join(this.path, IDENTITY), pem)
  }

  /** The key stays as it is, locked or not, unless there is a new one. */
  async replaceCertificate(certificate: string, newKey?: string): Promise<void> {
    const key = newKey ?? parseIdentityFile((await this.readIdentity()) ?? '').key
    await this.writeIdentity(formatIdentityFile({ certificate, key }))
  }

  async openContacts(): Promise<Contacts> {
    return new Contacts((await this.#contacts.read()) ?? {}, (contacts) => this.#contacts.write(contacts))
  }

  close(): Promise<void> {
    return this.#lock.release()
  }

  #read(name: string): Promise<string | null> {
    return readPrivate(join(this.path, name))
  }
}
