import t, { type Test } from 'tap'
import { NO_QUOTAS, type Quotas } from '../../src/store/quotas.js'
import type { Store } from '../../src/store/store.js'
import { accountContract } from './contract-accounts.js'
import { administrationContract } from './contract-administration.js'
import { auditContract } from './contract-audit.js'
import { authorityContract } from './contract-authorities.js'
import { clockContract } from './contract-clock.js'
import { conversationContract } from './contract-conversations.js'
import { crlContract } from './contract-crl.js'
import { departureContract } from './contract-departures.js'
import { deviceContract } from './contract-devices.js'
import { eventContract } from './contract-events.js'
import { identityContract } from './contract-identities.js'
import { loginContract } from './contract-logins.js'
import { mailboxContract } from './contract-mailbox.js'
import { modelContract } from './contract-model.js'
import { newsContract } from './contract-news.js'
import { quotaContract } from './contract-quotas.js'
import { renewalContract } from './contract-renewals.js'
import { retentionContract } from './contract-retention.js'
import { revocationContract } from './contract-revocations.js'
import { T0 } from './fixtures.js'

const CONTRACTS: Readonly<Record<string, (t: Test, store: Store) => Promise<void>>> = {
  identities: identityContract,
  logins: loginContract,
  accounts: accountContract,
  renewals: renewalContract,
  revocations: revocationContract,
  departures: departureContract,
  administration: administrationContract,
  audit: auditContract,
  events: eventContract,
  conversations: conversationContract,
  devices: deviceContract,
  mailbox: mailboxContract,
  news: newsContract,
}

/**
 * These need a store of their own: what they remove, or may not store, would be missing to the others, or what others
 * store would disturb them.
 */
const ALONE: Readonly<Record<string, (t: Test, open: OpenStore) => Promise<void>>> = {
  quotas: quotaContract,
  retention: retentionContract,
  'a model and the log agree': modelContract,
  crls: crlContract,
  'issuing CAs': authorityContract,
  'the time that is believed': clockContract,
}

export interface StoreOptions {
  readonly now: () => Date
  readonly quotas: Quotas
}

/** Opens an empty store, which the test closes when it ends. */
export type OpenStore = (t: Test, quotas?: Partial<Quotas>) => Promise<Store>

/** What every store must do, proven on one that `openStore` opens empty. */
export function storeContract(
  name: string,
  openStore: (t: Test, options: StoreOptions) => Promise<Store>,
  skip: string | false = false,
): void {
  t.test(name, { skip }, async (t) => {
    const now = () => new Date(T0)
    const store = await openStore(t, { now, quotas: NO_QUOTAS })
    const open: OpenStore = async (t, quotas = {}) => {
      const store = await openStore(t, { now, quotas: { ...NO_QUOTAS, ...quotas } })
      t.teardown(() => store.close())
      return store
    }
    for (const [what, contract] of Object.entries(CONTRACTS)) await t.test(what, (t) => contract(t, store))
    for (const [what, contract] of Object.entries(ALONE)) await t.test(what, (t) => contract(t, open))

    await t.test('what the installation is, is fixed at first start', async (t) => {
      const installation = { rootFingerprint: `sha256:${'a'.repeat(64)}`, trustDomain: 'example.org' }
      t.equal(await store.installation(), null)
      t.same(await store.settle(installation), installation)
      t.same(await store.installation(), installation)
      t.same(
        await store.settle({ ...installation, trustDomain: 'example.net' }),
        installation,
        'answers what is stored',
      )
      const foreign = { ...installation, rootFingerprint: `sha256:${'b'.repeat(64)}` }
      await t.rejects(store.settle(foreign), { code: 'invalid_request', message: /aaaa.*bbbb/ })
    })

    await t.test('the key of the bus is made once', async (t) => {
      const key = await store.busKey()
      t.match(key, { type: 'secret', symmetricKeySize: 32 })
      t.ok(key.equals(await store.busKey()))
    })

    await t.test('takes nothing once it is closed', async (t) => {
      await store.check()
      await store.close()
      await t.rejects(store.log.openDevice(1, 'laptop', new Date(), 16), { code: 'unavailable' })
    })
  })
}
