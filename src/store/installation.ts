import { HermesError } from '../errors.js'
import type { ModelWriter } from './model-writer.js'
import type { Installation } from './store.js'
import { type Read, row } from './work.js'

/** What is stored; null before the first start settled it. */
export function readInstallation(read: Read): Promise<Installation | null> {
  return read(row('SELECT "rootFingerprint", "trustDomain" FROM "Meta" WHERE "rootFingerprint" IS NOT NULL'))
}

/** Stores what the installation is at first start; later answers what is stored, unless another root made it. */
export async function settle(read: Read, writer: ModelWriter, installation: Installation): Promise<Installation> {
  const stored = (await readInstallation(read)) ?? (await store(read, writer, installation))
  if (stored.rootFingerprint === installation.rootFingerprint) return stored
  throw new HermesError(
    'invalid_request',
    `The database belongs to the root CA ${stored.rootFingerprint}, not to ${installation.rootFingerprint}; restore the certificates or the database that go together`,
  )
}

/** Of two at once the first is stored; both get what is stored. */
async function store(read: Read, writer: ModelWriter, data: Installation): Promise<Installation> {
  await writer.write(({ meta }) => meta.updateMany({ where: { rootFingerprint: null }, data }))
  return (await readInstallation(read)) ?? data
}
