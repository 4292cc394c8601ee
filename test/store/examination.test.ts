import t from 'tap'
import { examineDatabase } from '../../src/store/examine.js'
import { ENGINES } from './engines.js'
import { append, entry, event, registered, stay, T0 } from './fixtures.js'

/** What takes the guard of the audit log away. */
const UNGUARD: Readonly<Record<string, string>> = {
  SQLite: 'DROP TRIGGER "Audit_update"',
  PostgreSQL: 'ALTER TABLE "Audit" DISABLE TRIGGER "Audit_change"',
}

for (const engine of ENGINES)
  t.test(`${engine.name}: what is wrong with a database is found`, { skip: engine.skip }, async (t) => {
    const { url, store, execute } = await engine.open(t)
    const alice = await registered(store)
    const authorities = [{ name: 'users', fingerprint: 'sha256:01' }] as const
    await store.authorities.settleAuthorities({ authorities, rootCrl: { number: 7, revoked: [] }, at: new Date(T0) })
    const body = JSON.stringify({ from: { username: alice.username } })
    const first = event(1, alice.userId, { type: 'started', messageId: null, body })
    const conversation = { uuid: 'a', createdBy: alice.userId, createdAt: T0 }
    await append(store, entry(conversation, [first], { stays: [stay(alice, 1)] }))

    const well = await examineDatabase(url)
    t.match(well, {
      strangeSchema: [],
      damage: [],
      projections: [],
      brokenAudit: null,
      certificates: 1,
      weakSerials: 0,
      hashCosts: { 12: 1 },
      rootCrl: 7,
      authorities: [{ ...authorities[0], isRevoked: false, isRetired: false }],
    })
    t.equal(well.schemaVersion, well.newestVersion)
    t.ok(well.newest instanceof Date)
    if (engine.name === 'PostgreSQL')
      t.match(well.server, { name: /^postgresql:\/\/[\w.]+:\d+\/hermes_test/, isPrivate: true, isDurable: true })

    await execute(UNGUARD[engine.name] ?? '')
    await execute('DROP INDEX "Device_userId_name_key"')
    await execute(`UPDATE "Audit" SET "details" = '{}' WHERE "seq" = 1`)
    await execute('UPDATE "Participant" SET "toSeq" = 5')
    await execute(`UPDATE "Certificate" SET "serialNumber" = '01'`)
    t.match(await examineDatabase(url), {
      strangeSchema: [/^(Audit_|Device_userId_name_key)/, /^(Audit_|Device_userId_name_key)/],
      projections: [/is stored as a member from 1 to 5, but the log has no end of it/],
      brokenAudit: { seq: 1 },
      weakSerials: 1,
    })
  })
