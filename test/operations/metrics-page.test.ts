import { readFileSync } from 'node:fs'
import t from 'tap'
import { scrape } from '../support/scrape.js'
import { watchedServer } from '../support/watched-server.js'

const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')
const rows = [...page.matchAll(/^\| `(hermes_\w+)` \|([^|]*)\|[^|]+\|/gm)]
const metrics = await scrape((await watchedServer(t)).metricsUrl)
const ours = [...metrics.keys()].filter((name) => name.startsWith('hermes_'))

t.test('docs/metrics.md has every series, and none that is not there', async (t) => {
  t.same(new Set(rows.map(([, name]) => name)), new Set(ours))
  const others = [...metrics.keys()].filter((name) => !ours.includes(name))
  t.ok(others.every((name) => /^(process|nodejs)_/.test(name)))
  const named = page.match(/`(?:process|nodejs)_\w+`/g) ?? []
  for (const name of named) t.ok(metrics.has(name.slice(1, -1)), name)
})

t.test('and their labels', async (t) => {
  for (const [, name = '', labels = ''] of rows) {
    const samples = metrics.get(name)?.samples ?? []
    t.not(samples.length, 0, `${name} has samples`)
    const written = (labels.match(/\w+/g) ?? []).sort()
    const { le: _, ...given } = samples[0]?.labels ?? {}
    t.same(Object.keys(given).sort(), written, name)
  }
})
