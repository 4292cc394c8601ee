/** A metric of an exposition, with all of its samples. */
export interface Series {
  readonly type: string
  readonly help: string
  readonly samples: readonly Sample[]
}

export interface Sample {
  /** With the _bucket, _sum or _count of a histogram. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Metrics by name, from the text format of Prometheus. */
export function parseExposition(text: string): ReadonlyMap<string, Series> {
  const all = new Map<string, { type: string; help: string; samples: Sample[] }>()
  let current = { type: '', help: '', samples: [] as Sample[] }
  for (const line of text.split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (kind === 'HELP') {
      current = { type: '', help: rest, samples: [] }
      all.set(name, current)
    } else if (kind === 'TYPE') current.type = rest
    else if (line !== '') current.samples.push(sampleOf(line))
  }
  return all
}

function sampleOf(line: string): Sample {
  const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  if (name === undefined || value === undefined) throw new Error(`This is no sample: ${line}`)
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', text = '']) => [label, text])
  return { name, labels: Object.fromEntries(pairs), value: Number(value.replace('Inf', 'Infinity')) }
}

/** Reads the metrics of a server. */
export async function scrape(url: string | null): Promise<ReadonlyMap<string, Series>> {
  if (url === null) throw new Error('The server has no metrics')
  const answer = await fetch(url)
  if (answer.status !== 200) throw new Error(`${url}: ${answer.status}`)
  return parseExposition(await answer.text())
}
