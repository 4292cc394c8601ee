import type { Database } from 'better-sqlite3'
import { HermesError } from '../../errors.js'
import type { Installation } from '../store.js'
import type { PrismaWriter } from './prisma.js'

const INSTALLATION = `SELECT "rootFingerprint", "trustDomain" FROM "Meta" WHERE "rootFingerprint" IS NOT NULL`

/** Stores what the installation is at first start; later answers what is stored, unless another root made it. */
export async function settle(
  reader: Database,
  writer: PrismaWriter,
  installation: Installation,
): Promise<Installation> {
  const stored = readInstallation(reader) ?? (await store(writer, installation))
  if (stored.rootFingerprint === installation.rootFingerprint) return stored
  throw new HermesError(
    'invalid_request',
    `The database belongs to the root CA ${stored.rootFingerprint}, not to ${installation.rootFingerprint}; restore the certificates or the database that go together`,
  )
}

/** Of two at once the first is stored; both get what is stored. */
function store(writer: PrismaWriter, installation: Installation): Promise<Installation> {
  return writer.write(async (transaction) => {
    const where = { id: 1 }
    const { rootFingerprint, trustDomain } = await transaction.meta.findUniqueOrThrow({ where })
    if (rootFingerprint !== null && trustDomain !== null) return { rootFingerprint, trustDomain }
    await transaction.meta.update({ where, data: installation })
    return installation
  })
}

/** What is stored; null before the first start settled it. */
export function readInstallation(reader: Database): Installation | null {
  const row = reader.prepare<[], Installation>(INSTALLATION).get()
  return row ?? null
}
