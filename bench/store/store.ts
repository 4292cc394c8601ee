import { commits } from './commits.js'
import { replay } from './replay.js'

/** A PostgreSQL where databases may be made; it must be on this machine for its CPU time to be read. */
const SERVER = process.env.HERMES_TEST_POSTGRES_URL

/** What storing costs in both stores, and how fast what was stored is given again. */
export async function store({ json }: { readonly json: boolean }): Promise<void> {
  if (SERVER === undefined) throw new Error('HERMES_TEST_POSTGRES_URL must name a PostgreSQL')
  const say = (text: string) => void (json || process.stdout.write(text))
  const result = { commits: await commits(SERVER, say), replay: await replay(SERVER, say) }
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `\n${report(result)}\n`)
}

interface Result {
  readonly commits: Awaited<ReturnType<typeof commits>>
  readonly replay: Awaited<ReturnType<typeof replay>>
}

function report({ commits: { sqlite, postgresql, ratio }, replay }: Result): string {
  return [
    `SQLite      ${sqlite.cpu} µs of CPU a message, ${sqlite.perTransaction} messages a transaction, ${sqlite.perSecond}/s`,
    `PostgreSQL  ${postgresql.cpu} µs (${postgresql.nodeCpu} of them in Node), ${postgresql.perTransaction} messages a transaction, ${postgresql.perSecond}/s`,
    `ratio       ${ratio} (PostgreSQL / SQLite)`,
    ...Object.entries(replay).map(
      ([name, { live, replayed, ratio }]) =>
        `${name}: a backlog of 10,000 in ${replayed} ms, live in ${live} ms: ${ratio} times as fast`,
    ),
  ].join('\n')
}
