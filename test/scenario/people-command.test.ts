import { join } from 'node:path'
import t from 'tap'
import { buildCommand } from '../support/build.js'
import { PASSWORD_FDS, PASSWORDS, Person, registeredPerson } from '../support/people-command.js'
import { serve, temporaryFolder } from '../support/serve-process.js'

interface Told {
  readonly type: string
  readonly payload?: string
  readonly seq?: number
  readonly from?: { readonly username: string }
}

const linesOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told)

/** Each of many commands is a process. */
const PATIENCE = { timeout: 300_000 }
t.setTimeout(PATIENCE.timeout)

t.test(
  'hermes for people: from join to a conversation, a new device, and the end of a certificate',
  PATIENCE,
  async (t) => {
    const directory = await temporaryFolder(t)
    const server = await serve(t, { directory })
    const stranger = new Person(t, join(directory, 'home-stranger'), await buildCommand())

    await t.test('says what to do before there is anything', async (t) => {
      t.match(await stranger.run(['whoami']), {
        code: 1,
        stdout: '',
        stderr: /^hermes: .*"hermes join <url> --fingerprint/,
      })
      const other = `sha256:${'0'.repeat(64)}`
      const wrong = await stranger.run(['join', server.identityUrl, '--fingerprint', other])
      t.match(wrong, { code: 1, stderr: /no root with the fingerprint.*\nask whoever runs the server/ })
      const mistyped = await stranger.run(['join', server.identityUrl, '--fingerprint', other.slice(0, -1)])
      t.match(mistyped, { code: 2, stderr: /--fingerprint is mistyped: it must be .*64/ })
      t.match(await stranger.run(['join', 'localhost', '--fingerprint', other]), {
        code: 2,
        stderr: /must begin with https/,
      })
      t.match(await stranger.run(['whoami', '--profile', '../x']), { code: 2, stderr: /--profile must have/ })
      t.match(await stranger.run(['join', server.identityUrl, '--fingerprint', server.rootFingerprint]), { code: 0 })
      t.match(
        await stranger.run(['join', server.hubUrl, '--fingerprint', server.rootFingerprint, '--profile', 'hub']),
        {
          code: 1,
          stderr: /"hermes join" takes that of the identity service/,
        },
      )
      t.match(await stranger.run(['register', 'Eve']), { code: 2, stderr: /<username> must be .*, not Eve/ })
      t.match(await stranger.run(['register', 'eve']), {
        code: 2,
        stderr: /give --password-fd N and --key-password-fd N/,
      })
      const equal = await stranger.run(['register', 'eve', ...PASSWORD_FDS], { secrets: [PASSWORDS[0], PASSWORDS[0]] })
      t.match(equal, { code: 1, stderr: /choose another/ })
      const missing = await stranger.run(['register', 'eve', '--password-fd', '88', '--key-password-fd', '8'])
      t.match(missing, { code: 2, stderr: /nothing can be read from file descriptor (8|88)/ })
      const mistaken = await stranger.run(['register', 'eve', '--password-fd', PASSWORDS[0], '--key-password-fd', '8'])
      t.match(mistaken, { code: 2, stderr: /must be the number of a file descriptor/ })
      t.notMatch(mistaken.stderr, PASSWORDS[0], 'a password that was given in its place is not shown')
      t.match(await stranger.run(['whoami']), { code: 1, stderr: /"hermes register <username>"/ })
    })

    const alice = await registeredPerson(t, directory, server, 'alice')
    const bob = await registeredPerson(t, directory, server, 'bob')
    const self = await alice.json<{ fingerprint: string }>('whoami')

    await t.test('shows and remembers others', async (t) => {
      t.match(self, { profile: 'default', username: 'alice', device: 'of-alice', role: 'user' })
      const { person } = await bob.json<{ person: { fingerprint: string; compared: boolean } }>('fetch', 'alice')
      t.match(person, { username: 'alice', fingerprint: self.fingerprint, compared: false })
      t.match(await bob.run(['trust', 'alice', `sha256:${'0'.repeat(64)}`]), {
        code: 1,
        stderr: /compare the fingerprint/,
      })
      t.match(await bob.json('trust', 'alice', self.fingerprint), { person: { compared: true } })
      t.match(await bob.json('people'), { people: [{ username: 'alice', compared: true }] })
      t.match(await bob.run(['fetch', 'nobody-here']), { code: 1, stderr: /There is no user nobody-here\n/ })
    })

    await t.test('invites, accepts, and talks', async (t) => {
      t.match(await alice.run(['send', 'bob', 'too soon']), { code: 1, stderr: /"hermes chat bob"/ })
      const { conversation } = await alice.json<{ conversation: string }>('start', 'bob')
      const { invitations } = await bob.json<{ invitations: readonly object[] }>('invitations')
      t.match(invitations, [{ conversation, from: { username: 'alice' }, compared: true, state: 'open' }])
      t.match(await bob.json('accept', 'alice'), { conversation, state: 'accepted' })
      t.match(await alice.json('send', 'bob', 'hello', 'bob'), { conversation, seq: 5 }, 'first she makes him a member')
      const text = 'line one\n\u001b[31mred'
      const { code, stdout } = await bob.run(['send', conversation, '--json'], { stdin: `${text}\n` })
      t.equal(code, 0)
      t.match(JSON.parse(stdout), { conversation, seq: 6 })
      const heard = linesOf((await alice.run(['listen', '--once', '--json'])).stdout)
      t.match(
        heard.filter(({ seq }) => seq !== undefined).map(({ seq, type }) => `${seq} ${type}`),
        ['1 started', '2 invited', '3 accepted', '4 joined', '5 message', '6 message'],
      )
      t.equal(heard.at(-1)?.payload, text)
      const again = linesOf((await alice.run(['listen', '--once', '--json'])).stdout)
      t.notOk(
        again.some(({ seq }) => seq !== undefined),
        'what was heard is not told again',
      )
      const all = (await alice.run(['listen', '--once', '--all'])).stdout
      t.match(all, /bob: line one\\n\\u001b\[31mred\n/, 'the terminal is told nothing')
      t.match(await alice.json('conversations'), { conversations: [{ conversation, lastSeq: 6, standing: 'member' }] })
    })

    await t.test('declines', async (t) => {
      await alice.json('start', 'bob')
      const { code } = await bob.run(['decline', 'alice', '--reason', 'not now'])
      t.equal(code, 0)
      t.match(await bob.json('invitations'), { invitations: [] })
      t.match(await bob.run(['accept', 'alice']), { code: 1, stderr: /no open invitation alice\n"hermes invitations"/ })
      t.match((await alice.run(['listen', '--once'])).stdout, /bob declined: not now/)
    })

    await t.test('keeps up an account: a second device, passwords, a new certificate, its end', async (t) => {
      const profile = ['--profile', 'phone']
      await alice.json('join', server.identityUrl, '--fingerprint', server.rootFingerprint, ...profile)
      const login = ['login', 'alice', ...profile, ...PASSWORD_FDS]
      const wrong = await alice.run(login, { secrets: [PASSWORDS[0], 'not that one'] })
      t.match(wrong, { code: 1, stderr: /it is the second one/ })
      t.match(await alice.run([...login, '--lock-key'], { secrets: PASSWORDS }), {
        code: 0,
        stdout: /a device of alice/,
      })
      t.match(await alice.run(['whoami', ...profile]), { code: 2, stderr: /give --key-password-fd N/ })
      const opened = await alice.run(['whoami', ...profile, '--key-password-fd', '3', '--json'], {
        secrets: [PASSWORDS[1]],
      })
      t.match(opened.json(), { username: 'alice', fingerprint: self.fingerprint, profile: 'phone' })

      const change = ['change-password', '--password-fd', '3', '--new-password-fd', '4']
      t.match(await alice.run(change, { secrets: PASSWORDS }), { code: 1, stderr: /choose another/ })
      t.match(await alice.run(change, { secrets: [PASSWORDS[0], 'yet another password'] }), { code: 0 })
      t.match(await alice.json('renew'), { notAfter: /^\d{4}-/ })
      const { entries } = await alice.json<{ entries: readonly { action: string }[] }>('audit')
      for (const action of ['register', 'fetch-my', 'change-password', 'renew'])
        t.ok(
          entries.some((entry) => entry.action === action),
          action,
        )

      t.match(await alice.run(['revoke']), { code: 2, stderr: /--yes/ })
      t.match(await alice.json('revoke', '--yes', '--reason', 'cessationOfOperation'), {
        reason: 'cessationOfOperation',
      })
      t.match(await alice.run(['conversations']), { code: 1, stderr: /revoked.*\n"hermes recover"/ })
      const recover = ['recover', 'alice', ...PASSWORD_FDS]
      t.match(await alice.run(recover, { secrets: ['yet another password', PASSWORDS[1]] }), { code: 0 })
      t.match(await alice.json('conversations'), { conversations: [] }, 'a password makes nobody a member')

      const carol = await registeredPerson(t, directory, server, 'carol')
      const { conversation } = await alice.json<{ conversation: string }>('start', 'carol')
      await carol.json('accept', 'alice')
      await alice.json('conversations')
      await carol.json('invite', conversation, 'bob')
      await bob.json('accept', 'carol')
      await carol.json('conversations')
      t.match(await bob.run(['send', conversation, 'hello']), {
        code: 1,
        stdout: '',
        stderr:
          /^hermes: alice has another .*\nhermes: alice has another .*\n.*"hermes trust alice sha256:[0-9a-f]{64}"/,
      })
      const chat = await bob.run(['chat', '--conversation', conversation], { stdin: 'hello\n' })
      t.match(chat, { code: 1, stdout: /not sent: hello.*"\/trust alice sha256:/s })
      t.match(await bob.run(['fetch', 'alice']), { code: 1, stderr: /"hermes trust alice sha256:[0-9a-f]{64}"/ })
      const { fingerprint } = await alice.json<{ fingerprint: string }>('whoami')
      t.match(await bob.json('trust', 'alice', fingerprint), { person: { compared: true } })
      t.match(await bob.run(['send', conversation, 'hello']), { code: 0, stderr: '' })
    })
  },
)
