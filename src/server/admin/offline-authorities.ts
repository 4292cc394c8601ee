import type { Config } from '../../config.js'
import type { Store } from '../../store/store.js'
import { openCertificates } from '../certificate-files.js'
import { readKnownRevocations } from '../certificates/known-revocations.js'
import { type AuthorityActs, Custody } from '../custody.js'
import { certificateFiles, settleCertificates } from '../settle-certificates.js'

/** Acts on the certificates folder while no server runs; each reads it first. */
export function offlineAuthorities(config: Config, store: Store, now: () => Date): AuthorityActs {
  const open = async () => {
    const files = certificateFiles(config)
    const known = await readKnownRevocations(store.authorities)
    const opened = await openCertificates({ ...files, now: now(), mayCreate: false, known })
    const { authorities } = await settleCertificates(store, files, opened, now())
    // Nobody is connected here.
    return new Custody({ files, authorities, store: store.authorities, standingChanged() {}, changed() {}, now })
  }
  return {
    refresh: async () => (await open()).describe(),
    async retire(name) {
      const custody = await open()
      await custody.retire(name)
      return custody.describe()
    },
    revokeServer: async (request) => (await (await open()).revokeServer(request)).revoked,
  }
}
