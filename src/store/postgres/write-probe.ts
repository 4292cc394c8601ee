import type { Pool } from 'pg'
import { describe } from '../unavailable.js'

const WRITE = 'UPDATE "Meta" SET "schemaVersion" = "schemaVersion"'

/** Finds out, with a statement that changes nothing, whether the database can be written: null, or why not. */
export async function writeProbe(pool: Pool): Promise<string | null> {
  try {
    await pool.query(WRITE)
    return null
  } catch (error) {
    return describe(error)
  }
}
