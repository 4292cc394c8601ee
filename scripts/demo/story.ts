import { randomUUID } from 'node:crypto'
import type { Page } from './page.js'
import type { UserProcess } from './user-process.js'

interface Place {
  readonly identityUrl: string
  readonly rootPem: string
  readonly rootFingerprint: string
}

export interface Cast {
  readonly place: Place
  readonly page: Page
  readonly alice: UserProcess
  readonly bob: UserProcess
  /** Begins with nothing but what alice remembers: her two passwords. */
  readonly phone: UserProcess
}

const CURL = 'curl -sS --cacert certs/root-ca.pem'
const IDENTITY = 'https://localhost:8443'
const HUB = 'https://localhost:9443'
const AS_ALICE = `${CURL} --cert alice.pem --key alice.key`
const AS_BOB = `${CURL} --cert bob.pem --key bob.key`
const SCRIPT = 'docs/examples/handshake.sh'

const secretsOf = (username: string) => ({
  username,
  password: `the server password of ${username}`,
  keyPassword: `the key password of ${username}`,
})

/** The first digits of a fingerprint or a signature: enough to compare two lines of a page. */
const brief = (text: string) => `${text.slice(0, 'sha256:'.length + 12)}…`

/** The whole story, told as it happens. Throws Error when something does not happen as it should. */
export async function tell(cast: Cast): Promise<void> {
  await register(cast)
  await fetchAndVerify(cast)
  await connect(cast)
  const conversation = await start(cast)
  await invite(cast, conversation)
  await impostor(cast)
  await accept(cast)
  await confirm(cast)
  await talk(cast, conversation)
  await newDevice(cast, conversation)
  await leave(cast, conversation)
}

async function register({ page, place, alice, bob }: Cast): Promise<void> {
  page.heading('Alice and bob register')
  for (const user of [alice, bob]) {
    const { fingerprint, serialNumber, notAfter } = await user.do('register', { ...place, ...secretsOf(user.name) })
    page.does(user.name, 'makes a key (P-256) and a certificate request; locks the key with a second password')
    page.does(`${user.name} → server`, 'POST /register: username, first password, request, locked key')
    page.does(`server → ${user.name}`, `certificate ${brief(fingerprint)}, serial ${serialNumber}, until ${notAfter}`)
  }
  page.byHand('openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out alice.key')
  page.byHand('openssl req -new -key alice.key -subj /CN=alice -out alice-request.pem')
  page.byHand(
    'openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000 -in alice.key -out alice-locked.pem',
  )
  page.byHand(
    `${CURL} ${IDENTITY}/register -H 'Accept: application/x-pem-file' --data-urlencode username=alice ` +
      `--data-urlencode 'password=a long server password' --data-urlencode csr@alice-request.pem ` +
      '--data-urlencode encryptedPrivateKey@alice-locked.pem | tee alice.pem',
  )
}

async function fetchAndVerify({ page, alice, bob }: Cast): Promise<void> {
  page.heading("Each fetches the other's certificate and verifies it")
  for (const [user, other, pinned] of [[bob, alice, 'he pinned'] as const, [alice, bob, 'she pinned'] as const]) {
    const { fingerprint, root, name, notAfter } = await user.do('fetch', { username: other.name })
    page.does(`${user.name} → server`, `GET /fetch/${other.name}`)
    page.verified(`${user.name} verifies`, `it chains to the root ${pinned}, ${brief(root)}`)
    page.verified('', `it names ${name}, is for a client, valid until ${notAfter}`)
    page.verified('', `its fingerprint is ${fingerprint}`)
  }
  page.does('out of band', 'here two people would compare both fingerprints by voice: no program can do that for them')
  page.byHand(`${CURL} ${IDENTITY}/fetch/alice -H 'Accept: application/x-pem-file' | tee alice.pem`)
  page.byHand(`${CURL} ${IDENTITY}/ca -o ca.pem`)
  page.byHand('openssl verify -x509_strict -purpose sslclient -CAfile certs/root-ca.pem -untrusted ca.pem alice.pem')
}

async function connect({ page, alice, bob }: Cast): Promise<void> {
  page.heading('Both connect to the hub with their certificates')
  for (const user of [alice, bob]) {
    const { device, session, certificate } = await user.do('connect', { device: 'laptop' })
    page.does(`${user.name} → hub`, `mutual TLS 1.3, then a WebSocket as device ${device}`)
    page.does(`hub → ${user.name}`, `hello: session ${session}, certificate ${brief(certificate.fingerprint)}`)
  }
  page.byHand(
    `npx wscat --ca certs/root-ca.pem --cert alice.pem --key alice.key -s hermes.v1 -c 'wss://localhost:9443/hub?ack=auto'`,
  )
}

async function start({ page, alice }: Cast): Promise<string> {
  page.heading('Alice starts a conversation')
  const { conversation, seq } = await alice.do('start', { username: 'bob' })
  page.does('alice → hub', "start, with bob's certificate")
  page.does('hub → alice', `conversation ${conversation}, event ${seq}; she is its only member, bob knows nothing yet`)
  page.byHand(
    `in wscat: {"jsonrpc":"2.0","id":1,"method":"start","params":{"participants":[{"username":"bob","fingerprint":"sha256:…"}]}}`,
  )
  return conversation
}

async function invite({ page, alice, bob }: Cast, conversation: string): Promise<void> {
  page.heading('Alice invites bob with a challenge')
  const { challenge, invitation, expiresAt } = await alice.do('invite', { conversation, username: 'bob' })
  page.does('alice → hub', `invite bob, by the fingerprint she verified; challenge ${brief(challenge)}`)
  page.does('hub → alice', `invitation ${invitation}, until ${expiresAt}`)
  const { inviter, fingerprint, members } = await bob.do('receive')
  page.does('hub → bob', `invited by ${inviter}, with her certificate ${brief(fingerprint)} and her challenge`)
  page.verified('bob verifies', 'her certificate up to his pinned root, and that the invitation is for him')
  page.verified(
    '',
    `the digest of the ${members.length} member(s) shown: ${members.map((one) => one.username).join(', ')}`,
  )
  page.byHand(`${SCRIPT} does this and the next three steps with openssl and curl alone`)
}

async function impostor({ page, bob }: Cast): Promise<void> {
  page.heading("Somebody without bob's key tries to answer for him")
  const { code, status, message } = await bob.do('acceptAsImpostor')
  if (code !== 'invalid_signature') throw new Error(`the hub refused with ${code} instead of invalid_signature`)
  page.does('impostor → hub', 'accept: the right text, signed with another key')
  page.refused('hub refuses', `${status} ${code}: ${message}; the invitation stays as it was`)
  page.byHand(`${SCRIPT} sends such a signature too`)
}

async function accept({ page, alice, bob }: Cast): Promise<void> {
  page.heading('Bob answers with his signature and a challenge of his own')
  const { challenge, signature } = await bob.do('accept')
  page.does('bob → hub', `accept: challenge ${brief(challenge)}, signature ${brief(signature)}`)
  page.verified('hub verifies', "bob's signature against his certificate, before anybody sees it")
  const { invitee, fingerprint } = await alice.do('verifyAcceptance')
  page.verified(
    'alice verifies',
    `the signature of ${invitee}, under ${brief(fingerprint)}: the certificate she invited`,
  )
  page.verified('', 'over names, certificates and challenges from her own memory and the root from her pin')
  page.byHand('openssl dgst -sha256 -sign bob.key transcript.bin; openssl dgst -sha256 -verify bob.pub -signature …')
}

async function confirm({ page, alice, bob }: Cast): Promise<void> {
  page.heading('Alice confirms with her signature')
  const { seq } = await alice.do('confirm')
  page.does('alice → hub', 'confirm: her signature over both challenges and the members')
  page.verified('hub verifies', `her signature; event ${seq}: bob joined`)
  const confirmed = await bob.do('verifyConfirmation')
  page.verified('bob verifies', `the signature of ${confirmed.inviter}, his own challenge in it`)
  const membership = await alice.do('verifyMembership')
  page.verified(
    'alice verifies',
    `event ${membership.seq} as any third party could: both certificates, both signatures`,
  )
  page.byHand(`${SCRIPT}; docs/protocol.md has the text that is signed`)
}

async function talk({ page, alice, bob }: Cast, conversation: string): Promise<void> {
  page.heading('They talk')
  for (const [from, to, payload] of [
    [alice, bob, 'Hello bob, it is me.'] as const,
    [bob, alice, 'Hello alice. I checked.'] as const,
  ]) {
    const { seq } = await from.do('send', { conversation, messageId: randomUUID(), payload })
    const read = await to.do('read')
    if (read.payload !== payload || read.seq !== seq) throw new Error(`${to.name} read something else than was sent`)
    page.does(`${from.name} → ${to.name}`, `event ${seq}: ${payload}`)
  }
  page.byHand(
    `${AS_ALICE} ${HUB}/conversations/$CONVERSATION/messages --json '{"messageId":"'$(cat /proc/sys/kernel/random/uuid)'","payload":"Hello bob"}'`,
  )
  page.byHand(`${AS_BOB} '${HUB}/events?wait=30&device=curl'`)
}

async function newDevice({ page, place, phone }: Cast, conversation: string): Promise<void> {
  page.heading('Alice has a new phone, and only her two passwords')
  const { fingerprint } = await phone.do('fetchMy', { ...place, ...secretsOf('alice') })
  page.does('phone → server', 'POST /fetch-my: username and first password')
  page.does('server → phone', `certificate ${brief(fingerprint)} and the locked key, which the server cannot open`)
  page.verified('phone', 'unlocks the key with the second password, which never leaves it')
  const { device } = await phone.do('connect', { device: 'phone' })
  const events = await phone.do('history', { conversation })
  page.does('phone → hub', `connects as device ${device} and reads the conversation from its first event:`)
  for (const { seq, type, from } of events) page.does('', `event ${seq}: ${type}, by ${from}`)
  page.byHand(
    `${CURL} ${IDENTITY}/fetch-my -H 'Accept: application/x-pem-file' --data-urlencode username=alice ` +
      `--data-urlencode 'password=a long server password' -o alice-phone.pem`,
  )
  page.byHand('openssl pkey -in alice-phone.pem -out alice.key')
}

async function leave({ page, alice, bob }: Cast, conversation: string): Promise<void> {
  page.heading('Bob leaves')
  const { seq } = await bob.do('leave', { conversation })
  const seen = await alice.do('seeLeave')
  if (seen.seq !== seq) throw new Error(`alice saw event ${seen.seq} instead of ${seq}`)
  page.does('bob → hub', 'leave')
  page.does('hub → alice', `event ${seq}: ${seen.from} left; what is said from now on he never gets`)
  page.byHand(`${AS_BOB} ${HUB}/conversations/$CONVERSATION/leave --json '{}'`)
}
