import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import t from 'tap'
import { type Known, sealingConfirmation } from '../../src/client/sealing/confirmation.js'
import { type Content, openMessage, sealMessage } from '../../src/client/sealing/sealed-message.js'
import { idOf, jwkOf, sealingKeyOf } from '../../src/client/sealing/sealing-key.js'
import { attachmentOf, isStatedBy, statementIn, stateSealingKey, toldIn } from '../../src/client/sealing/statement.js'
import { createInstallation, createParty, now, type TestParty } from './parties.js'

const installation = createInstallation()
const { pin } = installation
const [alice, bob, eve] = ['alice', 'bob', 'eve'].map((name) => createParty(installation, name)) as [
  TestParty,
  TestParty,
  TestParty,
]
const place = { conversation: randomUUID(), messageId: randomUUID() }
const content: Content = { payload: 'Grüße \u2028 "', contentType: 'text/plain' }
const sender = { ...alice, notBefore: now, notAfter: now }
const from = ({ username, fingerprint }: TestParty) => ({ at: now.toISOString(), from: { username, fingerprint } })
const keyOf = ({ key }: TestParty) => sealingKeyOf(key)
const seal = (party = sender, to: readonly TestParty[] = [alice, bob]) =>
  sealMessage(
    party,
    pin,
    place,
    content,
    to.map((one) => keyOf(one).publicKey),
  )

t.test('each kind of private key has one sealing key, which is another', async (t) => {
  const kinds: Record<string, KeyObject> = {
    'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
    Ed25519: generateKeyPairSync('ed25519').privateKey,
    RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  }
  const seen = new Set<string>()
  for (const [kind, key] of Object.entries(kinds)) {
    const { publicKey, privateKey } = sealingKeyOf(key)
    t.equal(Buffer.from(publicKey, 'base64url').length, 65, kind)
    t.notSame(privateKey.export({ format: 'jwk' }).d, key.export({ format: 'jwk' }).d)
    seen.add(publicKey)
    const { createPrivateKey } = await import('node:crypto')
    const again = createPrivateKey(key.export({ format: 'pem', type: 'pkcs8' }))
    t.equal(sealingKeyOf(again).publicKey, publicKey, 'on each device')
  }
  t.equal(seen.size, 4)
  t.throws(() => sealingKeyOf(createPublic()), /comes of a private key/)
})

const createPublic = () => generateKeyPairSync('ed25519').publicKey

t.test('members open what was sealed for them, and nobody else does', async (t) => {
  const payload = await seal()
  t.notMatch(payload, /Grüße/)
  for (const party of [alice, bob]) {
    const opened = await openMessage([keyOf(party)], pin, place, from(alice), payload)
    t.same(opened, { content, certificate: alice.certificate })
  }
  t.same(await openMessage([keyOf(eve)], pin, place, from(alice), payload), { why: 'not_for_this_key' })
  t.same(await openMessage([keyOf(eve), keyOf(bob)], pin, place, from(alice), payload), {
    content,
    certificate: alice.certificate,
  })
  const bare = await sealMessage(sender, pin, place, { payload: '' }, [keyOf(bob).publicKey])
  t.match(await openMessage([keyOf(bob)], pin, place, from(alice), bare), { content: { payload: '' } })
  t.not(await seal(), payload, 'nothing is sealed the same way twice')
})

t.test('what was said elsewhere, or by somebody else, is not taken for the sender’s', async (t) => {
  const payload = await seal()
  const open = (where: object, origin = from(alice)) =>
    openMessage([keyOf(bob)], pin, { ...place, ...where }, origin, payload)
  const refused = { why: 'not_the_senders' }
  t.same(await open({ conversation: randomUUID() }), refused)
  t.same(await open({ messageId: randomUUID() }), refused)
  t.same(await open({}, from(eve)), refused, 'eve says that it is hers')
  const other = createInstallation()
  t.same(await openMessage([keyOf(bob)], other.pin, place, from(alice), payload), refused, 'another installation')

  const forged = await seal({ ...sender, key: eve.key })
  t.same(await openMessage([keyOf(bob)], pin, place, from(alice), forged), refused, 'eve signs as alice')
})

/** What alice sealed for herself and bob, sealed anew by somebody who opened it. */
async function resealed(to: readonly TestParty[], change: object = {}): Promise<string> {
  const { GeneralEncrypt, generalDecrypt } = await import('jose')
  const jwe = JSON.parse(await seal()) as { protected: string; recipients: { header: { kid: string } }[] }
  const kid = await idOf(keyOf(bob).publicKey)
  const own = { ...jwe, recipients: jwe.recipients.filter(({ header }) => header.kid === kid) }
  const { plaintext } = await generalDecrypt(own as never, keyOf(bob).privateKey)
  const header = JSON.parse(Buffer.from(jwe.protected, 'base64url').toString()) as object
  const changed = JSON.parse(JSON.stringify({ ...header, ...change })) as { enc: string }
  const again = new GeneralEncrypt(plaintext).setProtectedHeader(changed)
  for (const party of to)
    again
      .addRecipient(jwkOf(keyOf(party).publicKey))
      .setUnprotectedHeader({ alg: 'ECDH-ES+A256KW', kid: await idOf(keyOf(party).publicKey) })
  return JSON.stringify(await again.encrypt())
}

t.test('what was sealed just before a renewal, or while there was no connection, is opened after it', async (t) => {
  const open = (certified: TestParty, payload: string) =>
    openMessage([keyOf(bob)], pin, place, from({ ...certified, fingerprint: alice.fingerprint }), payload)
  const renewed = createParty(installation, 'alice', [0, 30], alice.key)
  const old = (life: [number, number]) => createParty(installation, 'alice', life, alice.key)
  t.match(await open(alice, await seal({ ...sender, ...renewed })), { content, certificate: renewed.certificate })
  t.match(await open(alice, await seal({ ...sender, ...old([-40, -29]) })), { content }, 'so long it can be renewed')
  t.same(await open(alice, await seal({ ...sender, ...old([-60, -31]) })), { why: 'not_the_senders' })
})

t.test('nobody hands it on to others as if it were meant for them', async (t) => {
  const open = (party: TestParty, payload: string) => openMessage([keyOf(party)], pin, place, from(alice), payload)
  t.match(await open(bob, await resealed([alice, bob])), { content }, 'for the same it is the same')
  t.same(await open(eve, await resealed([alice, bob, eve])), { why: 'not_the_senders' })
})

t.test('what could be something else for another recipient is not opened', async (t) => {
  const open = async (payload: string) => openMessage([keyOf(bob)], pin, place, from(alice), payload)
  const digest = `sha256:${'0'.repeat(64)}`
  t.same(await open(await resealed([alice, bob], { digest })), { why: 'not_the_senders' }, 'not what all are shown')
  t.same(await open(await resealed([alice, bob], { digest: undefined })), { why: 'not_for_this_key' })
  t.same(await open(await resealed([alice, bob], { zip: 'DEF' })), { why: 'not_for_this_key' }, 'compressed')
  for (const odd of [{ payload: '\ud800' }, { payload: '', contentType: '\u001b[2J' }]) {
    const payload = await sealMessage(sender, pin, place, odd, [keyOf(bob).publicKey])
    t.same(await open(payload), { why: 'not_the_senders' }, 'what no message may be')
  }
})

t.test('whatever else comes is not opened, and breaks nothing', async (t) => {
  const good = JSON.parse(await seal()) as Record<string, unknown> & { recipients: { header: object }[] }
  const [mine] = good.recipients
  const bad: readonly unknown[] = [
    null,
    {},
    'text',
    { ...good, ciphertext: 'AAAA' },
    { ...good, tag: '' },
    { ...good, protected: Buffer.from('{"enc":"A128GCM"}').toString('base64url') },
    { ...good, protected: Buffer.from('{"enc":"A256GCM","zip":"DEF"}').toString('base64url') },
    { ...good, recipients: [] },
    { ...good, recipients: [{ ...mine, header: { ...mine?.header, alg: 'dir' } }] },
    { ...good, recipients: good.recipients.map((one) => ({ ...one, encrypted_key: 'AAAA' })) },
    { ...good, recipients: good.recipients.map((one) => ({ ...one, header: { ...one.header, epk: {} } })) },
  ]
  for (const jwe of bad)
    t.match(await openMessage([keyOf(bob)], pin, place, from(alice), JSON.stringify(jwe)), { why: String })
  t.match(await openMessage([keyOf(bob)], pin, place, from(alice), '{'), { why: 'not_for_this_key' })
})

t.test('a sealing key is what the key of a certificate said, here and of nobody else', async (t) => {
  const said = stateSealingKey(bob, pin)
  const { publicKey } = new (await import('node:crypto')).X509Certificate(bob.certificate)
  t.ok(await isStatedBy(publicKey, pin, said))
  t.notOk(await isStatedBy(publicKey, pin, { ...said, username: 'eve' }))
  t.notOk(await isStatedBy(publicKey, pin, { ...said, key: keyOf(eve).publicKey }))
  t.notOk(await isStatedBy(publicKey, createInstallation().pin, said))
  const bare = sign('sha256', Buffer.from(`hermes-sealing-key-v1\n`), bob.key).toString('base64url')
  t.notOk(await isStatedBy(publicKey, pin, { ...said, signature: bare }))
  t.same(toldIn(attachmentOf([said])), { sealing: [{ ...said, isLater: false }], isSealed: false })
  t.match(toldIn(attachmentOf([{ ...said, isLater: true }], true)), { sealing: [{ isLater: true }], isSealed: true })
  t.same(toldIn('Zmlyc3Q').sealing, [], 'an attachment of a program')
  t.same(toldIn(undefined).sealing, [])
  t.same(statementIn(JSON.stringify(said)), said)
  t.equal(statementIn('{"username":"bob"}'), null)
})

t.test('the inviter tells keys to the new member, and his to all, or nothing', async (t) => {
  const { X509Certificate } = await import('node:crypto')
  const { publicKey } = new X509Certificate(bob.certificate)
  const invitee = { username: 'bob', fingerprint: bob.fingerprint, publicKey, notAfter: now }
  const known = { sealing: [stateSealingKey(alice, pin)], isSealed: true }
  const said = stateSealingKey(bob, pin)
  const confirmation = (attachment?: string, added = {}, told: Known = known) =>
    sealingConfirmation(pin, { invitee, ...(attachment !== undefined && { attachment }) }, told, added)
  const { attachment, commit } = await confirmation(attachmentOf([said]))
  t.match(toldIn(attachment), { sealing: [stateSealingKey(alice, pin)], isSealed: true })
  t.match(toldIn(commit), { sealing: [said], isSealed: false })
  const many = { sealing: Array.from({ length: 1024 }, () => stateSealingKey(alice, pin)), isSealed: true }
  const short = await confirmation(attachmentOf([said]), {}, many)
  t.same(toldIn(short.attachment), { sealing: [], isSealed: true }, 'more than fit')
  t.same(short.commit, commit)
  t.same(await confirmation(), {}, 'he seals nothing')
  t.same(await confirmation('Zmlyc3Q'), {})
  t.same(await confirmation(attachmentOf([{ ...said, key: keyOf(eve).publicKey }])), {}, 'a key that he did not sign')
  t.same(await confirmation(attachmentOf([stateSealingKey(eve, pin)])), {}, 'somebody else’s')
  t.same(await confirmation(attachmentOf([said]), { commit: 'Y29tbWl0' }), {}, 'a program adds something else')
})
