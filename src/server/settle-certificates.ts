import type { Config } from '../config.js'
import type { Store } from '../store/store.js'
import type { Certificates } from './certificate-files.js'
import { type LiveAuthorities, liveAuthorities } from './certificates/authority-set.js'
import { settleAuthorities } from './certificates/folder-authorities.js'
import { publish } from './certificates/publication.js'
import { issueServerPair, serverFiles } from './certificates/server-pair.js'
import type { Installation } from './installation.js'
import { configuredPkiUrl } from './pki-url.js'
import { isRevokedPair, recordServerPair } from './revocation.js'

/** What the configuration says of the certificates folder. */
export function certificateFiles(config: Config, serverLifeMs?: number): Installation['files'] {
  const { hostnames, certsDir: directory, caPassphraseFile: passphraseFile, tlsCertFile, tlsKeyFile } = config
  const pkiUrl = configuredPkiUrl(config)
  return { directory, hostnames, passphraseFile, tlsCertFile, tlsKeyFile, pkiUrl, serverLifeMs }
}

export interface Settled {
  readonly certificates: Certificates
  readonly authorities: LiveAuthorities
}

/**
 * Has the database know what the folder holds, before anybody sees it. A certificate of the server that the database
 * knows as revoked, from a backup perhaps, is replaced.
 */
export async function settleCertificates(
  { authorities: store, revocations }: Pick<Store, 'authorities' | 'revocations'>,
  files: Installation['files'],
  opened: Certificates,
  now: Date,
): Promise<Settled> {
  const authorities = liveAuthorities(opened.authorities)
  await settleAuthorities(store, files.directory, authorities.current, now)
  const isRevoked = await isRevokedPair(revocations, opened.server, authorities.current, now)
  const certificates = isRevoked ? await withAnotherPair(files, opened, now) : opened
  await recordServerPair(revocations, certificates.server, authorities.current)
  return { certificates, authorities }
}

async function withAnotherPair(files: Installation['files'], opened: Certificates, now: Date): Promise<Certificates> {
  const server = issueServerPair(opened.servers, { ...files, now })
  await publish(files.directory, serverFiles(server))
  const isShared = opened.identityServer === opened.server
  return { ...opened, server, identityServer: isShared ? server : opened.identityServer, renewed: true }
}
