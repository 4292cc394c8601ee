import type { Pool } from 'pg'
import { unavailable } from '../unavailable.js'
import type { Read, Readers, Work } from '../work.js'
import { withClient } from './pools.js'
import { isOfProgram, isOfValues } from './postgres-error.js'
import { perform } from './statements.js'

const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'

export function postgresReaders(pool: Pool): Readers {
  const snapshot = <T>(work: Work<T>): Promise<T> =>
    withClient(pool, async (client) => {
      await client.query(BEGIN)
      const answer = await perform(client, work)
      await client.query('COMMIT')
      return answer
    })
  return { read: reporting((work) => perform(pool, work)), snapshot: reporting(snapshot) }
}

/** Whatever is not the program's own mistake may be well again. */
function reporting(read: Read): Read {
  return async (work) => {
    try {
      return await read(work)
    } catch (error) {
      throw error instanceof RangeError || isOfProgram(error) || isOfValues(error) ? error : unavailable(error)
    }
  }
}
