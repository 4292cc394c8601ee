import type { Issuer } from '../../identity/issue.js'
import type { CertificateOptions } from '../certificate-files.js'
import type { Generation } from './authorities.js'
import { publish } from './publication.js'
import { issueServerPair, readServerPair, type ServerPair, serverFiles } from './server-pair.js'

export interface ReplacementOptions {
  readonly files: CertificateOptions
  /** Every CA of servers. */
  readonly generations: readonly Generation[]
  /** The one that issues; throws where it may not. */
  readonly issuer: () => Issuer
  /** Whether the database knows the certificate of a pair as revoked. */
  readonly isRevoked: (pair: ServerPair) => Promise<boolean>
}

/**
 * Null where the pair is good. Of one that was revoked, by another process, what is in its place: the pair that the
 * folder has by now, or a new one, which is written there.
 */
export async function replacementOf(current: ServerPair, options: ReplacementOptions): Promise<ServerPair | null> {
  const { files, generations, issuer, isRevoked } = options
  if (!(await isRevoked(current))) return null
  const found = await readServerPair(files.directory, generations).catch(() => null)
  if (found !== null && !(await isRevoked(found))) return found
  const server = issueServerPair(issuer(), files)
  await publish(files.directory, serverFiles(server))
  return server
}
