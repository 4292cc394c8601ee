import t from 'tap'
import { openPostgresStore } from '../../src/store/postgres/open.js'
import { newUser, T0 } from './fixtures.js'
import { NO_POSTGRES, sql, testDatabase } from './postgres-database.js'

/** What somebody may have set for a database, which changes how values are written, or what a statement may meet. */
const DEFAULTS = [
  `"DateStyle" = 'SQL, DMY'`,
  `"TimeZone" = 'Asia/Kathmandu'`,
  `"bytea_output" = 'escape'`,
  `"standard_conforming_strings" = 'off'`,
  `"default_transaction_isolation" = 'serializable'`,
  `"synchronous_commit" = 'off'`,
]

t.test('whatever the defaults of a database, values come back as they were given', { skip: NO_POSTGRES }, async (t) => {
  const url = await testDatabase(t)
  const name = new URL(url).pathname.slice(1)
  for (const setting of DEFAULTS) await sql(url, `ALTER DATABASE ${name} SET ${setting}`)
  const store = await openPostgresStore({ url, now: () => new Date(T0) })
  t.teardown(() => store.close())
  const user = newUser()
  await store.identities.register(user)
  const found = await store.identities.findIdentity(user.username)
  const { der, notBefore, notAfter } = user.certificate
  t.match(found?.certificate, { notBefore, notAfter })
  t.same(found?.certificate.der, der)
})

t.test(
  'a database without the schema that its URL names is refused in a sentence',
  { skip: NO_POSTGRES },
  async (t) => {
    const url = `${await testDatabase(t)}?options=-c%20search_path%3Dnowhere`
    await t.rejects(openPostgresStore({ url }), { code: 'unavailable', message: /schemas that search_path names/ })
  },
)
