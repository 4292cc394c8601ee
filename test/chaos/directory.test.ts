import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { check } from '../../chaos/check/check.js'
import { HistoryDirectory, readHistory } from '../../chaos/history/directory.js'
import { goodHistory } from './good-history.js'

t.test('what was written down is read again, and what many saw is there once', async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'hermes-history-'))
  t.teardown(() => rm(path, { recursive: true }))
  const { pin, devices, run } = await goodHistory()
  const directory = new HistoryDirectory(path)
  for (const { username, device, entries } of devices) {
    const file = directory.device(username, device)
    for (const entry of entries) file.write(entry)
  }
  for (const entry of run) directory.run.write(entry)
  directory.close()

  const history = await readHistory(path, pin)
  t.same(new Set(history.devices), new Set(devices))
  t.same(history.run, run)
  t.same(await check(history), [])
  const seen = history.devices.flatMap(({ entries }) =>
    entries.flatMap((entry) => (entry.kind === 'pushed' && entry.event.seq === 5 ? [entry.event] : [])),
  )
  t.ok(seen.length > 1)
  t.equal(new Set(seen).size, 1)
})
