import type { Client } from 'pg'
import { readMigrations } from './migrations.js'

const FOUND = `
  SELECT relname AS "name", CASE relkind WHEN 'r' THEN 'table' ELSE 'index' END AS "what" FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'i')
      AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = pg_class.oid AND contype = 'p')
  UNION ALL
  SELECT t.tgname, CASE t.tgenabled WHEN 'O' THEN p.prosrc ELSE 'disabled' END
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal`

/**
 * Tables, indexes and triggers that are missing, or not of the migrations, and triggers that are disabled or whose
 * function was changed.
 */
export async function strangeSchema(client: Client): Promise<readonly string[]> {
  const made = schemaMade(
    readMigrations()
      .map(({ sql }) => sql)
      .join('\n'),
  )
  const { rows } = await client.query<{ name: string; what: string }>(FOUND)
  const found = new Map(rows.map(({ name, what }) => [name, what]))
  return [...new Set([...made.keys(), ...found.keys()])].filter((name) => made.get(name) !== found.get(name))
}

/** What the migrations make, in their order: a table, an index, or the body of the function that a trigger calls. */
function schemaMade(sql: string): ReadonlyMap<string, string> {
  const made = new Map<string, string>()
  for (const [, verb, kind = '', name = ''] of sql.matchAll(/(CREATE|DROP) (TABLE|(?:UNIQUE )?INDEX) "(\w+)"/g))
    if (verb === 'DROP') made.delete(name)
    else made.set(name, kind === 'TABLE' ? 'table' : 'index')
  const functions = new Map(
    Array.from(sql.matchAll(/FUNCTION "(\w+)"\(\)[^$]*\$\$([\s\S]*?)\$\$/g), ([, name, body = '']) => [name, body]),
  )
  for (const [, name = '', called] of sql.matchAll(/CREATE TRIGGER "(\w+)"[\s\S]*?EXECUTE FUNCTION "(\w+)"/g))
    made.set(name, functions.get(called) ?? '')
  return made
}
