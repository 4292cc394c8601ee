import t from 'tap'
import type { RevocationStore, RevokedPosition } from '../../src/store/revocation-store.js'
import { ENGINES, type Scene } from './engines.js'
import { newUser, T0 } from './fixtures.js'

const DAY = 86_400_000
const EPOCH = new Date(0)

/** Columns of a certificate; the end of its life 90 days after T0 unless it is given. */
interface Columns {
  readonly supersededAt?: number
  readonly revokedAt?: number
  readonly revocationReason?: string
  readonly notAfter?: number
}

function issuing({ store, execute }: Scene) {
  /** A certificate with these columns; answers its serial number. */
  const issue = async (columns: Columns = {}) => {
    const user = newUser()
    await store.identities.register(user)
    await change(user.certificate.serialNumber, columns)
    return user.certificate.serialNumber
  }
  const change = async (serialNumber: string, columns: Columns) => {
    for (const [name, value] of Object.entries(columns)) {
      const given = typeof value === 'number' ? new Date(value) : value
      await execute(`UPDATE "Certificate" SET "${name}" = $1 WHERE "serialNumber" = $2`, given, serialNumber)
    }
  }
  return { revocations: store.revocations, issue, change }
}

async function listed(store: RevocationStore, at: number, unexpiredAt = EPOCH, limit = 2) {
  const serials: string[] = []
  let after: RevokedPosition | null = null
  do {
    const page = await store.listRevoked('users', { at: new Date(at), unexpiredAt, after, limit })
    serials.push(...page.revoked.map(({ serialNumber }) => serialNumber))
    after = page.next
  } while (after !== null)
  return serials
}

for (const engine of ENGINES)
  t.test(engine.name, { skip: engine.skip }, async (t) => {
    await t.test('a certificate is revoked by its revocation, or once it is superseded', async (t) => {
      const { revocations, issue } = issuing(await engine.open(t))
      const of = async (columns: Columns, at = T0) => {
        const serialNumber = await issue(columns)
        const status = await revocations.findStatus('users', serialNumber, new Date(at))
        return (
          status?.revocation && { at: status.revocation.revokedAt.getTime() - T0, reason: status.revocation.reason }
        )
      }
      t.equal(await of({}), null)
      t.same(await of({ revokedAt: T0 - 5, revocationReason: 'keyCompromise' }), { at: -5, reason: 'keyCompromise' })
      t.same(await of({ revokedAt: T0 - 5 }), { at: -5, reason: null })
      t.equal(await of({ supersededAt: T0 + 1 }), null, 'not yet')
      t.same(await of({ supersededAt: T0 + 1 }, T0 + 1), { at: 1, reason: 'superseded' })
      const compromised = { supersededAt: T0 - 9, revokedAt: T0 - 5, revocationReason: 'keyCompromise' }
      t.same(await of(compromised), { at: -9, reason: 'keyCompromise' }, 'since it was superseded')
      t.same(
        await of({ ...compromised, supersededAt: T0 + 9 }),
        { at: -5, reason: 'keyCompromise' },
        'before it would have been superseded',
      )
    })

    await t.test('what is revoked is listed whole, page by page, without what had expired', async (t) => {
      const { revocations, issue } = issuing(await engine.open(t))
      await issue()
      const revoked = []
      for (let i = 0; i < 5; i++) revoked.push(await issue({ revokedAt: T0 - i }))
      const superseded = await issue({ supersededAt: T0, notAfter: T0 + DAY })
      const pending = await issue({ supersededAt: T0 + 1 })
      t.same(await listed(revocations, T0), [superseded, ...revoked], 'by the end of validity, then in order of issue')
      t.same(await listed(revocations, T0, EPOCH, 100), [superseded, ...revoked])
      t.same(await listed(revocations, T0 + 1), [superseded, ...revoked, pending])
      t.same(await listed(revocations, T0, new Date(T0 + DAY)), [superseded, ...revoked], 'it ends at that moment')
      t.same(await listed(revocations, T0, new Date(T0 + DAY + 1)), revoked)
    })

    await t.test('the state changes whenever the list may', async (t) => {
      const { revocations, issue, change } = issuing(await engine.open(t))
      const serialNumber = await issue()
      const state = (at = T0) => revocations.revocationState('users', new Date(at))
      const servers = await revocations.revocationState('servers', new Date(T0))
      const states = [await state()]
      const note = async (at = T0) => states.push(await state(at))
      await change(serialNumber, { supersededAt: T0 + 10 })
      await note()
      await note(T0 + 10)
      await change(serialNumber, { revokedAt: T0 + 11 })
      await note(T0 + 10)
      await change(serialNumber, { revocationReason: 'keyCompromise' })
      await note(T0 + 10)
      t.equal(new Set(states).size, 5, states.join(', '))
      await issue()
      t.equal(await state(T0 + 10), states.at(-1), 'a certificate that nobody revoked changes nothing')
      t.equal(await revocations.revocationState('servers', new Date(T0)), servers)
    })
  })
