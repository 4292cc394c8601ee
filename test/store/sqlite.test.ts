import { openSqliteStore } from '../../src/store/sqlite/open.js'
import { storeContract } from './contract.js'

storeContract('SQLite', (t, options) => openSqliteStore({ url: `file:${t.testdir()}/hermes.db`, ...options }))
