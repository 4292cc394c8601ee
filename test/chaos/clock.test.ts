import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

const CLOCK = new URL('../../chaos/servers/clock-preload.js', import.meta.url).href
const DAY = 86_400_000
const TELLS = `
  setInterval(() => {}, 1000)
  process.on('message', () =>
    process.send([Date.now(), +new Date(), Date.parse(Date()), +new Date(5), new Date() instanceof Date]))
  process.send('ready')`

t.test('the clock of a process is set, and what is no reading of the clock is not', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'hermes-clock-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const script = join(directory, 'tells.mjs')
  await writeFile(script, TELLS)
  const child = fork(script, { execArgv: [`--import=${CLOCK}`] })
  t.teardown(() => child.kill())
  await once(child, 'message')
  const before = Date.now()
  child.send({ clockOffset: -DAY })
  const [[now, made, called, given, isDate]] = (await once(child, 'message')) as [
    [number, number, number, number, boolean],
  ]
  for (const time of [now, made, called]) t.equal(Math.round((time - before) / DAY), -1)
  t.same([given, isDate], [5, true])
})
