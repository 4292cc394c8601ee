import { copyFileSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeSuccessor } from '../../src/server/certificates/succession.js'
import { atConsole } from '../support/console.js'
import { startServer } from '../support/server.js'

t.test('what a command that was killed left ready is put in place by the server that runs', async (t) => {
  const server = await startServer(t)
  const vault = t.testdir()
  const here = (...names: readonly string[]) => join(server.certsDir, ...names)
  for (const name of ['root-ca.pem', 'root-ca.key', 'users-ca.pem']) copyFileSync(here(name), join(vault, name))
  await makeSuccessor('users', { directory: vault, passphraseFile: null, pkiUrl: null, now: new Date() })
  mkdirSync(here('.ready'))
  for (const end of ['key', 'pem']) renameSync(join(vault, `users-2-ca.${end}`), here('.ready', `users-2-ca.${end}`))
  const answer = await atConsole(server, 'POST', '/admin/authorities/refresh', {})
  t.match(answer.json(), {
    authorities: [{ name: 'users-2', status: 'issues' }, { name: 'users' }, { name: 'servers' }],
  })
  t.notOk(readdirSync(server.certsDir).includes('.ready'))
})
