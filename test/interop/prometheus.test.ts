import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { parseExposition } from '../support/scrape.js'
import { watchedServer } from '../support/watched-server.js'

interface Rule {
  readonly alert: string
  readonly expr: string
}

interface Panel {
  readonly title: string
  readonly type: string
  readonly targets?: readonly { readonly expr: string }[]
}

const OPERATIONS = new URL('../../docs/operations/', import.meta.url)
const ALERTS = new URL('alerts.yaml', OPERATIONS).pathname
const rules = (parse(readFileSync(ALERTS, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
)
const { panels } = JSON.parse(readFileSync(new URL('grafana-dashboard.json', OPERATIONS), 'utf8')) as {
  panels: Panel[]
}
const server = await watchedServer(t)
const exposition = await (await fetch(server.metricsUrl ?? '')).text()
const metrics = parseExposition(exposition)
const names = new Set([...metrics].flatMap(([name, { samples }]) => [name, ...samples.map((sample) => sample.name)]))

/** The metrics of an expression of PromQL, with the labels and values it selects. */
function metricsOf(expr: string): readonly (readonly [name: string, selector: string])[] {
  return [...expr.matchAll(/\b((?:hermes|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)].map(
    ([, name = '', selector = '']) => [name, selector],
  )
}

const used = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
]

t.test('dashboard and alerts ask for nothing that a server does not tell', async (t) => {
  t.ok(panels.filter(({ type }) => type === 'timeseries').every(({ targets = [] }) => targets.length > 0))
  for (const [where, expr] of used) {
    const found = metricsOf(expr)
    t.ok(found.length > 0 || expr.startsWith('up{'), `${where}: ${expr}`)
    for (const [name, selector] of found) {
      t.ok(names.has(name), `${where}: ${name}`)
      const labels = [...metrics.values()].flatMap(({ samples }) =>
        samples.filter((sample) => sample.name === name).flatMap((sample) => Object.keys(sample.labels)),
      )
      for (const [, label = ''] of selector.matchAll(/(\w+)=/g)) t.ok(labels.includes(label), `${name}{${label}}`)
    }
    for (const [, by = ''] of expr.matchAll(/by \(([^)]*)\)/g))
      for (const label of by.split(', ')) {
        const [[name] = ['']] = found
        const samples = [...metrics.values()].flatMap((series) => series.samples)
        t.ok(
          samples.some((sample) => sample.name === name && label in sample.labels),
          `${name} by ${label}`,
        )
      }
  }
})

const isMissing = spawnSync('promtool', ['--version']).error !== undefined
const skip = isMissing && 'promtool is not installed: install the package prometheus'

function promtool(args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile('promtool', args, (error, stdout, stderr) =>
      resolve(`${Number(error?.code ?? 0)} ${stdout}${stderr}`),
    )
    child.stdin?.end(input)
  })
}

t.test('promtool finds no fault in what a server tells', { skip }, async (t) => {
  const ours = exposition.split('\n\n').filter((metric) => metric.startsWith('# HELP hermes_'))
  t.equal((await promtool(['check', 'metrics'], `${ours.join('\n')}\n`)).trim(), '0')
  // With those of the library, whose names it has opinions on.
  t.notMatch(await promtool(['check', 'metrics'], exposition), /error/)
})

t.test('promtool finds no fault in the rules, and they fire', { skip }, async (t) => {
  t.match(await promtool(['check', 'rules', ALERTS]), /^0 /)
  const firing: readonly (readonly [alert: string, series: string, values: string])[] = [
    ['HermesDown', 'up{job="hermes"}', '0x20'],
    ['HermesNotReady', 'hermes_ready', '0x20'],
    ['HermesClockAhead', 'hermes_clock_ahead_seconds', '3601x20'],
    ['HermesCommitsFail', 'hermes_store_commit_failures_total', '0 0 1 1x20'],
    ['HermesDiskFull', 'hermes_disk_free_bytes', '999999999x20'],
    ['HermesEventLoopHeldUp', 'nodejs_eventloop_lag_p99_seconds', '0.2x20'],
    ['HermesPasswordsWait', 'hermes_password_queue_depth', '1x20'],
    ['HermesServerFails', 'hermes_http_requests_total{status="500"}', '0+1x20'],
    ['HermesServerFails', 'hermes_operations_total{code="internal"}', '0+1x20'],
  ]
  const tests = firing.map(([alertname, series, values]) => ({
    interval: '1m',
    input_series: [{ series, values }],
    promql_expr_test: [
      {
        expr: `count(ALERTS{alertname="${alertname}",alertstate="firing"}) > 0`,
        eval_time: '6m',
        exp_samples: [{ labels: '{}', value: 1 }],
      },
    ],
  }))
  const quiet = {
    interval: '1m',
    input_series: [...rules.flatMap(({ expr }) => metricsOf(expr))].map(([name]) => ({ series: name, values: '0x60' })),
    promql_expr_test: [
      {
        expr: 'ALERTS{alertname=~"HermesCommitsFail|HermesPasswordsWait|HermesEventLoopHeldUp|HermesServerFails"}',
        eval_time: '10m',
        exp_samples: [],
      },
    ],
  }
  const file = join(t.testdir(), 'test.yaml')
  await writeFile(file, JSON.stringify({ rule_files: [ALERTS], evaluation_interval: '1m', tests: [...tests, quiet] }))
  t.match(await promtool(['test', 'rules', file]), /^0 /)
})
