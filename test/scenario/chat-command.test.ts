import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { buildCommand } from '../support/build.js'
import { PASSWORDS, Person, registeredPerson } from '../support/people-command.js'
import { serve, temporaryFolder } from '../support/serve-process.js'
import { Dialogue, inTerminal, NO_TERMINAL } from '../support/terminal.js'

const CTRL_C = '\u0003'

/** A shell's words for the command of a person. */
const hermes = (person: Person) => person.argv.map((word) => `'${word}'`).join(' ')

async function invited(t: Test, alice: Person, bob: Person) {
  const hers = new Dialogue(alice.start(['chat', 'bob']))
  await hers.says(/bob: invited, not a member yet\n +sha256:[0-9a-f]{64}\n/)
  hers.type('too soon\n')
  await hers.says(/not sent, since nobody else is here yet: too soon/)
  const his = new Dialogue(bob.start(['chat', 'alice']))
  await his.says(
    /alice invites you to a conversation, under\n +sha256:[0-9a-f]{64}\n +compare it with alice\n.*\/accept alice/,
  )
  his.type('/accept\n')
  await his.says(/bob is a member now/)
  await hers.says(/bob is a member now/)
  t.notMatch(his.output, 'too soon')
  return { hers, his }
}

/** Each of many commands is a process. */
const PATIENCE = { timeout: 300_000 }
t.setTimeout(PATIENCE.timeout)

t.test('two terminals chat while the server restarts', PATIENCE, async (t) => {
  const outer = t
  const directory = await temporaryFolder(t)
  const environment = { HERMES_DRAIN_SECONDS: '0' }
  const first = await serve(t, { directory, environment })
  const alice = await registeredPerson(t, directory, first, 'alice')
  const bob = await registeredPerson(t, directory, first, 'bob')

  await t.test('by pipes: lines in, lines out', async (t) => {
    const { hers, his } = await invited(t, alice, bob)
    hers.type('hello bob\n')
    await hers.says(/\d\d:\d\d alice: hello bob ✓\n/)
    await his.says(/\d\d:\d\d alice: hello bob\n/)
    his.type('/nothing\n/members\n/trust alice\n')
    await his.says(/there is no \/nothing: \/help lists/)
    await his.says(/alice: compare it with him, then \/trust alice\n +sha256:[0-9a-f]{64}\n/)
    await his.says(/from now on you are told when alice has another key/)

    first.child.kill('SIGTERM')
    await once(first.child, 'close')
    await Promise.all([hers.says(/connection lost/), his.says(/connection lost/)])
    hers.type('said in the dark\n\u001b]0;title\u0007\n')
    his.type('so did I\n')
    const ports = { HERMES_IDENTITY_PORT: new URL(first.identityUrl).port, HERMES_HUB_PORT: new URL(first.hubUrl).port }
    await serve(outer, { directory, environment: { ...environment, ...ports } })
    await Promise.all([hers.says(/bob: so did I\n/), his.says(/alice: said in the dark\n/)])
    await his.says(/alice: \\u001b\]0;title\\u0007\n/)
    t.equal(his.output.match(/alice: said in the dark/g)?.length, 1, 'once')

    while (!his.output.includes('bob: so did I ✓')) await sleep(20)
    his.kill('SIGINT')
    t.equal(await his.ended, 0, 'Ctrl-C')
    hers.kill('SIGINT')
    t.equal(await hers.ended, 1, 'what came too soon was not stored')
    const last = await bob.run(['chat', 'alice'], { stdin: 'the last word\n' })
    t.match(last, { code: 0, stdout: /bob: the last word ✓\n$/ }, 'it ends when all is stored')
    const { stdout } = await alice.run(['chat', 'bob', '--json'])
    const told = stdout.split('\n').filter(Boolean)
    t.match(JSON.parse(told.at(-1) ?? ''), { type: 'message', payload: 'the last word', from: { username: 'bob' } })
  })

  await t.test('an invitation that was taken back meanwhile is not shown', async (t) => {
    const { conversation } = await alice.json('start', 'bob')
    t.match(await bob.json('invitations'), { invitations: [{ conversation }] }, 'this device remembers it')
    t.match(await bob.run(['chat', 'alice']), { stdout: /alice invites you/ })
    await alice.json('leave', String(conversation))
    const { code, stdout } = await bob.run(['chat', 'alice'])
    t.equal(code, 0)
    t.match(stdout, /conversation [0-9a-f-]{36}\n/)
    t.notMatch(stdout, /invites you/)
  })

  await t.test('in a terminal: nothing of a password is shown', { skip: NO_TERMINAL }, async (t) => {
    const carol = new Person(t, join(directory, 'home-carol'), await buildCommand())
    await carol.json('join', first.identityUrl, '--fingerprint', first.rootFingerprint)
    const asked = inTerminal(t, `${hermes(carol)} register carol; echo code $?`, carol.environment)
    for (const [question, password] of [
      [/Password for the server: /, PASSWORDS[0]],
      [/The same again: /, PASSWORDS[0]],
      [/Password that locks your private key: /, PASSWORDS[1]],
      [/The same again: /, PASSWORDS[1]],
    ] as const) {
      await asked.says(question)
      asked.type(`${password}\r`)
    }
    await asked.says(/carol is registered.*sha256:[0-9a-f]{64}.*code 0/s)
    for (const word of ['long', 'second']) t.notMatch(asked.output, word)
    const refused = inTerminal(t, `${hermes(carol)} login carol --profile x; echo code $?; stty -a`, carol.environment)
    await refused.says(/belongs to no server yet.*code 1/s)
    const broken = inTerminal(t, `${hermes(carol)} change-password; echo code $?; stty -a`, carol.environment)
    await broken.says(/Password for the server: /)
    broken.type(CTRL_C)
    await broken.says(/nothing was done.*code 1.* icanon .* echo /s)
  })

  await t.test(
    'in a terminal: what is typed stays while messages come, and Ctrl-C gives it back',
    {
      skip: NO_TERMINAL,
    },
    async (t) => {
      const hers = inTerminal(t, `${hermes(alice)} chat bob; echo code $?; stty -a`, alice.environment)
      await hers.says(/bob: .*the last word/)
      hers.type('not finished')
      await hers.says(/> .*not finished/s)
      t.match(await bob.run(['send', 'alice', 'in between']), { code: 0 })
      await hers.says(/bob: in between\r\n.*> not finished/s)
      hers.type(' yet\r')
      await hers.says(/alice: not finished yet ✓/)
      hers.type(CTRL_C)
      await hers.says(/code 0.* icanon .* echo /s)
    },
  )
})
