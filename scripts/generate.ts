import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'

const GENERATED = 'src/store/generated'
const [SQLITE, POSTGRESQL] = ['prisma/schema.prisma', `${GENERATED}/postgresql.prisma`]

/** A Prisma schema has one provider: the same models once more, for PostgreSQL. */
function toPostgresql(schema: string): string {
  return schema
    .replace('provider = "sqlite"', 'provider = "postgresql"')
    .replace('"../src/store/generated/sqlite"', '"./postgresql"')
    .replace(/^( {2}\w+ +DateTime\??)/gm, '$1 @db.Timestamptz(3)')
}

rmSync(GENERATED, { recursive: true, force: true })
mkdirSync(GENERATED, { recursive: true })
writeFileSync(POSTGRESQL, toPostgresql(readFileSync(SQLITE, 'utf8')))
const generate = (schema: string) => promisify(execFile)('prisma', ['generate', '--schema', schema])
await Promise.all([generate(SQLITE), generate(POSTGRESQL)])
