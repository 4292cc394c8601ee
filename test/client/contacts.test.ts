import { createPublicKey } from 'node:crypto'
import t from 'tap'
import { Contacts, type ContactsFile } from '../../src/client/contacts.js'
import { fingerprintOf } from '../../src/pki/fingerprint.js'
import { decodePem } from '../../src/pki/pem.js'
import { issueUserCertificate } from '../../src/pki/user-certificate.js'
import { createInstallation, createParty, DAY, DOMAIN, now, type TestParty } from './parties.js'

const installation = createInstallation()

/** Another certificate for the key of `party`. */
function renewedOf({ username, key }: TestParty): TestParty {
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const validity = { notBefore: now, notAfter: new Date(now.getTime() + 30 * DAY) }
  const { pem } = issueUserCertificate(installation.users, { username, trustDomain: DOMAIN, spki, ...validity })
  return { username, key, certificate: pem, fingerprint: fingerprintOf(decodePem(pem, ['CERTIFICATE'])) }
}
const shown = ({ username, certificate, fingerprint }: TestParty) => ({ username, certificate, fingerprint })

function createContacts() {
  const written: ContactsFile[] = []
  const contacts = new Contacts({}, async (file) => void written.push(file))
  return { contacts, written }
}

t.test('the first certificate is remembered; the same again says nothing', async (t) => {
  const { contacts, written } = createContacts()
  const bob = shown(createParty(installation, 'bob'))
  t.equal(await contacts.see(bob, 'unexplained', now), null)
  t.equal(await contacts.see(bob, 'unexplained', now), null)
  t.equal(written.length, 1)
  t.match(contacts.find('bob'), { fingerprint: bob.fingerprint, compared: false })
  contacts.expect(bob)
})

t.test('a certificate of the same key is taken, and stays compared; an older one of it changes nothing', async (t) => {
  const { contacts } = createContacts()
  const bob = createParty(installation, 'bob')
  await contacts.trust(shown(bob), now)
  const next = renewedOf(bob)
  contacts.expect(shown(next))
  const change = await contacts.see(shown(next), 'unexplained', now)
  t.same(change, {
    username: 'bob',
    previous: bob.fingerprint,
    current: next.fingerprint,
    how: 'same_key',
    wasCompared: true,
  })
  t.match(contacts.find('bob'), { fingerprint: next.fingerprint, compared: true })
  t.equal(await contacts.see(shown(bob), 'unexplained', now), null)
  t.match(contacts.find('bob'), { fingerprint: next.fingerprint })
})

t.test('a renewal with a new key is taken, and must be compared again', async (t) => {
  const { contacts } = createContacts()
  const [bob, next] = [createParty(installation, 'bob'), createParty(installation, 'bob')]
  await contacts.trust(shown(bob), now)
  t.match(await contacts.see(shown(next), 'renewed', now, bob.fingerprint), { how: 'renewed', wasCompared: true })
  t.match(contacts.find('bob'), { fingerprint: next.fingerprint, compared: false })
})

t.test('what a fetch could not explain, a conversation explains later', async (t) => {
  const { contacts } = createContacts()
  const [bob, next] = [createParty(installation, 'bob'), createParty(installation, 'bob')]
  await contacts.trust(shown(bob), now)
  t.match(await contacts.see(shown(next), 'unexplained', now), { how: 'unexplained' })
  t.match(contacts.changeTo(shown(next)), { how: 'unexplained' })
  const renewed = await contacts.see(shown(next), 'renewed', now, bob.fingerprint)
  t.match(renewed, { how: 'renewed', wasCompared: true })
  t.match(contacts.find('bob'), { fingerprint: next.fingerprint, compared: false })
  contacts.expect(shown(next))
})

t.test('a recovery stays one, whatever is said afterwards', async (t) => {
  const { contacts } = createContacts()
  const [bob, next] = [createParty(installation, 'bob'), createParty(installation, 'bob')]
  await contacts.trust(shown(bob), now)
  await contacts.see(shown(next), 'unexplained', now)
  t.match(await contacts.see(shown(next), 'recovered', now), { how: 'recovered' })
  t.equal(await contacts.see(shown(next), 'renewed', now), null)
  t.match(contacts.changeTo(shown(next)), { how: 'recovered' })
  t.match(contacts.find('bob'), { fingerprint: bob.fingerprint, compared: true })
})

t.test('any other change waits for a person, and is said once', async (t) => {
  for (const how of ['recovered', 'unexplained'] as const) {
    const { contacts, written } = createContacts()
    const [bob, other] = [createParty(installation, 'bob'), createParty(installation, 'bob')]
    await contacts.trust(shown(bob), now)
    t.match(await contacts.see(shown(other), how, now), { how, previous: bob.fingerprint, current: other.fingerprint })
    t.equal(await contacts.see(shown(other), 'unexplained', now), null)
    t.match(contacts.find('bob'), { fingerprint: bob.fingerprint, compared: true })
    const reopened = new Contacts(written.at(-1) ?? {}, async () => undefined)
    t.throws(() => reopened.expect(shown(other)), {
      name: 'FingerprintChangedError',
      code: 'fingerprint_changed',
      change: { how, wasCompared: true },
    })
    await reopened.trust(shown(other), now)
    reopened.expect(shown(other))
    t.throws(() => reopened.expect(shown(bob)), { code: 'fingerprint_changed' })
  }
})

t.test('what waits for a person vouches for no other: a recovery that is renewed is one still', async (t) => {
  for (const how of ['recovered', 'unexplained'] as const) {
    const { contacts } = createContacts()
    const [bob, thief, next] = [1, 2, 3].map(() => createParty(installation, 'bob')) as [
      TestParty,
      TestParty,
      TestParty,
    ]
    await contacts.trust(shown(bob), now)
    await contacts.see(shown(thief), how, now)
    t.match(await contacts.see(shown(next), 'renewed', now, thief.fingerprint), { how, previous: bob.fingerprint })
    t.match(contacts.find('bob'), { fingerprint: bob.fingerprint, compared: true })
    t.throws(() => contacts.expect(shown(next)), { code: 'fingerprint_changed', change: { how } })
  }
})
