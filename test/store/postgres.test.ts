import { openPostgresStore } from '../../src/store/postgres/open.js'
import { storeContract } from './contract.js'
import { NO_POSTGRES, testDatabase } from './postgres-database.js'

storeContract(
  'PostgreSQL',
  async (t, options) => openPostgresStore({ url: await testDatabase(t), ...options }),
  NO_POSTGRES,
)
