import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import type { Test } from 'tap'

/** A PostgreSQL where tests may make databases, such as postgresql://postgres@127.0.0.1:5432/postgres. */
const SERVER = process.env.HERMES_TEST_POSTGRES_URL

/** Why tests of PostgreSQL are skipped, or false. */
export const NO_POSTGRES = SERVER === undefined ? 'HERMES_TEST_POSTGRES_URL names no PostgreSQL' : false

/** The URL of an empty database, which is gone when the test has ended. */
export async function testDatabase(t: Test): Promise<string> {
  if (SERVER === undefined) throw new Error('HERMES_TEST_POSTGRES_URL is not set')
  const name = `hermes_test_${randomBytes(6).toString('hex')}`
  await sql(SERVER, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`)
  t.teardown(() => sql(SERVER, `DROP DATABASE ${name} WITH (FORCE)`))
  const url = new URL(SERVER)
  url.pathname = `/${name}`
  return url.href
}

/** Runs one statement on a connection of its own, and answers its rows. */
export async function sql<Row>(url: string, text: string, values: unknown[] = []): Promise<readonly Row[]> {
  const client = new Client(url)
  await client.connect()
  try {
    return (await client.query(text, values)).rows
  } finally {
    await client.end()
  }
}
