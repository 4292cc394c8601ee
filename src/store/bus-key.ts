import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { HermesError } from '../errors.js'
import type { ModelWriter } from './model-writer.js'
import { type Read, row } from './work.js'

const KEY_BYTES = 32

/** By which nodes know each other's messages: of all that share the database the first makes it. Shows in no log. */
export async function busKey(read: Read, writer: ModelWriter): Promise<KeyObject> {
  const key = (await readKey(read)) ?? (await storeKey(read, writer))
  if (key !== null) return key
  throw new HermesError('internal', 'The database did not keep the key of the bus')
}

async function readKey(read: Read): Promise<KeyObject | null> {
  const stored = await read(row<{ busKey: Uint8Array }>('SELECT "busKey" FROM "Meta" WHERE "busKey" IS NOT NULL'))
  return stored && createSecretKey(stored.busKey)
}

/** Of two at once the first is stored; both get what is stored. */
async function storeKey(read: Read, writer: ModelWriter): Promise<KeyObject | null> {
  const data = { busKey: new Uint8Array(randomBytes(KEY_BYTES)) }
  await writer.write(({ meta }) => meta.updateMany({ where: { busKey: null }, data }))
  return readKey(read)
}
