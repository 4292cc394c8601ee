import { rmdirSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { readStable } from '../../src/server/backup/files.js'

t.test('a set of files that is being put in place is waited for', async (t) => {
  const folder = t.testdir({ '.ready': {}, 'root-ca.pem': 'pem' })
  const reading = readStable(folder)
  // Longer than twenty readings take.
  for (let turn = 0; turn < 1000; turn += 1) await setImmediate()
  rmdirSync(`${folder}/.ready`)
  t.same([...(await reading)], [['root-ca.pem', Buffer.from('pem')]])
})
