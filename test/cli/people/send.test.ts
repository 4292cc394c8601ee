import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { trust } from '../../../src/cli/people/commands/acquaintance.js'
import { send } from '../../../src/cli/people/commands/send.js'
import { runForPeople } from '../../../src/cli/people/people.js'
import { acceptNext, clientOf, deviceOf } from '../../client/live/clients.js'
import { temporaryFolder } from '../../support/serve-process.js'
import { startServer } from '../../support/server.js'

const SECRETS = { password: 'a long server password', keyPassword: 'a second password' }

/** A command in this process, and what it said. */
async function said(t: Test, act: () => Promise<number>) {
  const [out, err] = [t.capture(process.stdout, 'write', () => true), t.capture(process.stderr, 'write', () => true)]
  const code = await act().finally(() => {
    out.restore()
    err.restore()
  })
  const text = (results: readonly { readonly args: readonly unknown[] }[]) =>
    results.map(({ args }) => args[0]).join('')
  const [stdout, stderr] = [text(out()), text(err())]
  return { code, stdout, stderr }
}

t.test('send tells that the key of a member changed, and says nothing to him before it was compared', async (t) => {
  const server = await startServer(t)
  const gil = await clientOf(t, server, 'gil', { password: SECRETS.password })
  const [eve, fred] = [await clientOf(t, server, 'eve'), await clientOf(t, server, 'fred')]
  for (const { client } of [eve, fred]) await client.connect()
  await fred.client.people.trust('gil', gil.user.fingerprint)
  const recovering = await deviceOf(t, server, gil.user)
  await recovering.client.recover({ username: 'gil', ...SECRETS })
  await recovering.client.connect()
  const joined = acceptNext({ ...recovering, user: gil.user })
  const ours = await eve.client.start(['gil'])
  await joined
  await ours.invite('fred')
  const { value: invitation } = await fred.client.invitations().next()
  await invitation?.accept()
  await fred.client.close()
  const home = await temporaryFolder(t)
  await mkdir(join(home, 'hermes'), { mode: 0o700 })
  await rename(fred.directory, join(home, 'hermes', 'default'))
  const before = process.env.XDG_STATE_HOME
  t.teardown(() => {
    process.env.XDG_STATE_HOME = before
  })
  process.env.XDG_STATE_HOME = home
  const told = await said(t, () => runForPeople(send, [ours.id, 'hello']))
  t.match(told, {
    code: 1,
    stdout: '',
    stderr: /^hermes: gil has another .*\nhermes: gil has another .*\n.*"hermes trust gil sha256:[0-9a-f]{64}"\n$/,
  })
  const again = await said(t, () => runForPeople(send, [ours.id, 'hello']))
  t.match(
    again,
    { code: 1, stderr: /^hermes: gil has another .*\n.*"hermes trust gil/ },
    'told once, refused each time',
  )
  await said(t, () => runForPeople(trust, ['gil', recovering.client.fingerprint]))
  t.match(await said(t, () => runForPeople(send, [ours.id, 'hello'])), { code: 0, stderr: '' })
})
