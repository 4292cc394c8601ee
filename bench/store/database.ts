import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Client } from 'pg'

/** Ticks of the kernel's clock in a second, as Linux shows them to programs. */
const TICKS = 100

/** An empty database, which `drop` removes. */
export async function makeDatabase(server: string): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `hermes_bench_${randomBytes(6).toString('hex')}`
  await query(server, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    url: url.href,
    drop: async () => void (await query(server, `DROP DATABASE ${name} WITH (FORCE)`)),
  }
}

/** Microseconds of CPU of the processes of PostgreSQL that serve connections to a database. */
export async function backendCpu(url: string): Promise<number> {
  const pids = await query<{ pid: number }>(
    url,
    'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  )
  const ticks = await Promise.all(pids.map(({ pid }) => ticksOf(pid)))
  return (ticks.reduce((sum, each) => sum + each, 0) / TICKS) * 1e6
}

/** User and system time of a process (proc(5), `stat`). */
async function ticksOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

async function query<Row>(url: string, text: string): Promise<readonly Row[]> {
  const client = new Client(url)
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}
