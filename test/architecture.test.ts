import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { findViolations } from './architecture/rules.js'
import { readSource } from './architecture/source.js'

const paths = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((path) => `src/${path.replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.ts') && !path.startsWith('src/store/generated/'))

t.test('every file of src keeps the rules of the architecture', async (t) => {
  t.ok(paths.includes('src/errors.ts'), 'the files are found')
  for (const path of paths) t.same(findViolations(readSource(path, readFileSync(path, 'utf8'))), [], path)
})

const body = (lines: number) => Array.from({ length: lines }, (_, i) => `  f(${i})`).join('\n')

/** One breach of each rule: file, text, and what the complaint must say. */
const BREACHES: readonly (readonly [path: string, text: string, complaint: RegExp])[] = [
  [
    'src/errors.ts',
    "import { x } from './config.js'",
    /^src\/errors\.ts:1 imports \.\/config\.js: errors may import nothing$/,
  ],
  ['src/errors.ts', "import { z } from 'zod'", /errors may import no package/],
  ['src/config.ts', "import { x } from './server/x.js'", /config may import only errors/],
  ['src/wire/a.ts', "import { x } from '../pki/x.js'", /wire may import only errors/],
  ['src/wire/a.ts', "import x from 'asn1js'", /wire may import only zod/],
  [
    'src/pki/a.ts',
    "\nexport * from '../wire/formats.js'",
    /^src\/pki\/a\.ts:2 imports \.\.\/wire\/formats\.js: pki may import only errors$/,
  ],
  ['src/pki/a.ts', "import { readFileSync } from 'node:fs'", /imports node:fs: pki may import only pkijs/],
  [
    'src/pki/a.ts',
    'export const now = () => Date.now()',
    /has Date\.now\(?\)?: pki and hub\/conversation have no clock/,
  ],
  ['src/pki/a.ts', 'export const now = () => new Date()', /has new Date\(\): .*no clock/],
  ['src/pki/a.ts', 'export const now = () => Date()', /has Date\(\): .*no clock/],
  ['src/pki/a.ts', 'export const now = () => performance.now()', /has performance\.now: .*no clock/],
  ['src/store/a.ts', "import { X } from '../wire/events.js'", /store may import only errors, types of wire/],
  ['src/store/a.ts', "const x = await import('../hub/x.js')", /imports \.\.\/hub\/x\.js: store may import only/],
  ['src/bus/a.ts', "import type { X } from '../wire/events.js'", /bus may import only errors/],
  ['src/identity/a.ts', "import type { X } from '../hub/x.js'", /identity may import only errors, wire, pki, store/],
  ['src/identity/a.ts', "new Worker(new URL('../server/x.ts', import.meta.url))", /identity may import only/],
  [
    'src/store/a.ts',
    "new URL(built ? './x.js' : '../hub/x.ts', import.meta.url)",
    /imports \.\.\/hub\/x\.ts: store may/,
  ],
  [
    'src/bus/a.ts',
    "const x = import.meta.resolve('../hub/x.js')",
    /imports \.\.\/hub\/x\.js: bus may import only errors/,
  ],
  ['src/hub/a.ts', "type X = import('../server/x.js').X", /hub may import only errors, wire, pki, store, bus/],
  ['src/hub/a.ts', "import { loadConfig } from '../config.js'", /hub may import only/],
  ['src/server/a.ts', "import { x } from '../cli/x.js'", /server may import only/],
  ['src/client/a.ts', "import { x } from '../store/x.js'", /client may import only errors, wire, pki/],
  ['src/cli/a.ts', "import { x } from '../hub/x.js'", /cli may import only/],
  ['src/misc/a.ts', "import { x } from '../errors.js'", /src has no part named misc/],
  ['src/hub/a.ts', "import { x } from '../../test/x.js'", /src imports nothing of test/],
  ['src/hub/a.ts', 'const x = (name: string) => import(name)', /imports what is no plain string/],
  ['src/hub/a.ts', "import { PrismaClient } from '@prisma/client'", /@prisma\/client is at home in store alone/],
  ['src/identity/a.ts', "import Database from 'better-sqlite3'", /better-sqlite3 is at home in store alone/],
  ['src/server/a.ts', "import { Pool } from 'pg'", /pg is at home in store alone/],
  ['src/hub/a.ts', "import type { FastifyRequest } from 'fastify'", /fastify is at home in server alone/],
  ['src/identity/a.ts', "import x from '@fastify/swagger'", /@fastify\/swagger is at home in server alone/],
  ['src/cli/a.ts', "import x from 'fastify-plugin'", /fastify-plugin is at home in server alone/],
  ['src/hub/a.ts', "import { Counter } from 'prom-client'", /prom-client is at home in server alone/],
  ['src/cli/a.ts', "import { WebSocket } from 'ws'", /ws is at home in server and client alone/],
  ['src/hub/a.ts', "import { connect } from '@nats-io/transport-node'", /at home in bus alone/],
  ['src/cli/a.ts', "import { env } from 'node:process'", /node:process is at home in no part/],
  ['src/hub/a.ts', "import { createRequire } from 'node:module'", /node:module is at home in no part/],
  ['src/cli/a.ts', 'const home = process.env.HOME', /has process\.env: only src\/config\.ts reads process\.env/],
  ['src/cli/a.ts', "const home = process['env'].HOME", /only src\/config\.ts reads process\.env/],
  ['src/cli/a.ts', 'const { env } = process', /only src\/config\.ts reads process\.env/],
  ['src/server/a.ts', 'process.exit(1)', /has process\.exit: only cli may end the process/],
  ['src/hub/a.ts', "db.all('SELECT 1')", /has 'SELECT 1': SQL stands in store alone/],
  ['src/hub/a.ts', 'db.all(`\n  INSERT INTO t VALUES (1)`)', /SQL stands in store alone/],
  ['src/hub/conversation/a.ts', "import { randomUUID } from 'node:crypto'", /imports no package and no node: module/],
  ['src/hub/conversation/a.ts', "import { z } from 'zod'", /imports no package and no node: module/],
  ['src/hub/conversation/a.ts', "import { x } from '../queue.js'", /may import only errors and wire/],
  ['src/hub/conversation/a.ts', "import { x } from '../../store/x.js'", /may import only errors and wire/],
  ['src/hub/conversation/a.ts', 'const now = Date.now()', /no clock/],
  ['src/hub/conversation/a.ts', 'const id = crypto.randomUUID()', /time and randomness come in as data/],
  ['src/hub/conversation/a.ts', 'const n = Math.random()', /time and randomness come in as data/],
  ['src/hub/conversation/a.ts', "console.log('x')", /does no I\/O/],
  ['src/hub/conversation/a.ts', 'setTimeout(f, 1)', /does no I\/O/],
  ['src/hub/conversation/a.ts', 'export const f = async () => await g()', /is synchronous/],
  ['src/hub/a.ts', body(251), /^src\/hub\/a\.ts has 251 lines: 250 at most$/],
  ['src/hub/a.ts', `function long() {\n${body(49)}\n}`, /^src\/hub\/a\.ts:1 long has 51 lines: 50 at most$/],
  ['src/hub/session-manager.ts', '', /a name says what it is/],
  ['src/utils/a.ts', '', /a name says what it is/],
]

t.test('each rule finds its breach', async (t) => {
  for (const [path, text, complaint] of BREACHES)
    t.match(findViolations(readSource(path, text)).join('\n'), complaint, `${path}: ${text.slice(0, 60)}`)
})

/** What looks like a breach and is none. */
const KEPT: readonly (readonly [path: string, text: string])[] = [
  ['src/errors.ts', "// import { x } from './config.js'\nexport const text = \"import { x } from './config.js'\""],
  ['src/config.ts', 'export const environment = process.env'],
  ['src/pki/a.ts', "import { createHash } from 'node:crypto'\nexport const at = (ms: number) => new Date(ms)"],
  [
    'src/store/a.ts',
    "import type { X } from '../wire/events.js'\nimport Database from 'better-sqlite3'\nrun('SELECT 1')",
  ],
  ['src/server/a.ts', "import fastify from 'fastify'\nimport { WebSocket } from 'ws'\nexport const id = process.pid"],
  ['src/server/a.ts', "new URL('../../prisma/migrations', import.meta.url)"],
  ['src/cli/a.ts', 'process.exit(1)'],
  [
    'src/hub/conversation/a.ts',
    "import type { Row } from '../../store/records.js'\nexport const f = (now: Date) => now.getTime()",
  ],
  ['src/hub/conversation/a.ts', 'export const f = (x: { process: number; crypto: number }) => x.process + x.crypto'],
  ['src/hub/a.ts', `${body(250)}\n`],
  ['src/hub/utilization.ts', `function fits() {\n${body(48)}\n}`],
]

t.test('and nothing else', async (t) => {
  for (const [path, text] of KEPT) t.same(findViolations(readSource(path, text)), [], `${path}: ${text.slice(0, 60)}`)
})
