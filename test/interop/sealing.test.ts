import { type ChildProcess, execFile, execFileSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import t from 'tap'
import { openMessage, sealMessage } from '../../src/client/sealing/sealed-message.js'
import { sealingKeyOf } from '../../src/client/sealing/sealing-key.js'
import { createInstallation, createParty, now } from '../client/parties.js'

const PYTHON = '/usr/bin/python3'
const SCRIPT = 'docs/examples/sealing.py'

function hasLibrary(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import jwcrypto'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** What the page says, done by others' libraries. */
async function python(command: object): Promise<Record<string, string>> {
  const run = promisify(execFile)(PYTHON, [SCRIPT]) as Promise<{ stdout: string }> & { child: ChildProcess }
  run.child.stdin?.end(JSON.stringify(command))
  return JSON.parse((await run).stdout) as Record<string, string>
}

const pemOf = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()

t.test(
  'a client in Python, made from docs/sealing.md',
  { skip: !hasLibrary() && 'python3-jwcrypto is not installed' },
  async (t) => {
    const installation = createInstallation()
    const { pin } = installation
    const [alice, bob] = [createParty(installation, 'alice'), createParty(installation, 'bob')]
    const [conversation, messageId] = [randomUUID(), randomUUID()]
    const place = {
      hub: pin.rootFingerprint,
      conversation,
      messageId,
      username: 'alice',
      fingerprint: alice.fingerprint,
    }
    const recipients = [alice, bob].map(({ key }) => sealingKeyOf(key).publicKey)

    await t.test('derives the same sealing keys', async (t) => {
      const keys = [
        alice.key,
        generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
        generateKeyPairSync('ed25519').privateKey,
        generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
      ]
      for (const key of keys)
        t.equal(
          (await python({ do: 'key', privateKey: pemOf(key) })).key,
          sealingKeyOf(key).publicKey,
          key.asymmetricKeyType ?? '',
        )
    })

    await t.test('opens what the SDK sealed, and nothing that was altered', async (t) => {
      const content = { payload: 'Grüße \u2028', contentType: 'text/plain' }
      const sender = { ...alice, notBefore: now, notAfter: now }
      const payload = await sealMessage(sender, pin, { conversation, messageId }, content, recipients)
      const command = { do: 'open', privateKey: pemOf(bob.key), payload, place }
      t.same(await python(command), content)
      await t.rejects(python({ ...command, place: { ...place, messageId: randomUUID() } }), /InvalidSignature/)
    })

    await t.test('seals what the SDK opens', async (t) => {
      const content = { payload: 'Grüße zurück' }
      const { payload = '' } = await python({
        do: 'seal',
        privateKey: pemOf(alice.key),
        certificate: alice.certificate,
        recipients,
        content,
        place,
      })
      const origin = { at: now.toISOString(), from: alice }
      const opened = await openMessage([sealingKeyOf(bob.key)], pin, { conversation, messageId }, origin, payload)
      t.same(opened, { content, certificate: alice.certificate })
    })
  },
)
