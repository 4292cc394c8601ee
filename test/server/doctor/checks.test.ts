import t from 'tap'
import { examine } from '../../../src/server/doctor/doctor.js'
import type { AuthorityFacts, Check, Facts } from '../../../src/server/doctor/facts.js'
import type { DatabaseFacts } from '../../../src/store/examination.js'

const DAY = 86_400_000
const GIB = 1024 ** 3
const now = new Date('2027-01-02T03:04:05Z')
const inDays = (days: number) => new Date(now.getTime() + days * DAY)

const DATABASE: DatabaseFacts = {
  schemaVersion: 9,
  newestVersion: 9,
  strangeSchema: [],
  damage: [],
  server: null,
  projections: [],
  auditRows: 12,
  brokenAudit: null,
  newest: new Date(now.getTime() - 1000),
  believed: new Date(now.getTime() - 60_000),
  certificates: 5,
  weakSerials: 0,
  hashCosts: { 12: 5 },
  rootCrl: 7,
  authorities: [
    { name: 'servers', fingerprint: 'sha256:02', lastEnd: inDays(80), isRevoked: false, isRetired: false },
    { name: 'users', fingerprint: 'sha256:01', lastEnd: inDays(80), isRevoked: false, isRetired: false },
  ],
}

const AUTHORITIES: readonly AuthorityFacts[] = [
  { name: 'users', fingerprint: 'sha256:01', isNewest: true, hasKey: true, isRevoked: false },
  { name: 'servers', fingerprint: 'sha256:02', isNewest: true, hasKey: true, isRevoked: false },
]

const FILES = {
  folder: { value: { path: '/srv/data', mode: 0o755 } },
  file: { value: { path: '/srv/data/hermes.db', mode: 0o600 } },
}

const WELL: Facts = {
  now,
  node: 'v20.20.2',
  config: {
    host: '127.0.0.1',
    hostnames: ['localhost', '127.0.0.1', '::1'],
    bcryptCost: 12,
    certificateDays: 90,
    certsDir: './certs',
    databaseUrl: 'file:./data/hermes.db',
    natsUrl: null,
    pkiHttpPort: null,
  },
  folder: { value: { path: '/srv/certs', mode: 0o700 } },
  keys: ['users-ca', 'servers-ca', 'server'].map((name) => ({ path: `/srv/certs/${name}.key`, mode: 0o600 })),
  databaseFiles: FILES,
  certificates: [
    { name: 'root-ca', notBefore: inDays(-10), notAfter: inDays(5000) },
    { name: 'users-ca', notBefore: inDays(-10), notAfter: inDays(1500) },
    { name: 'servers-ca', notBefore: inDays(-10), notAfter: inDays(1500) },
    { name: 'server', notBefore: inDays(-10), notAfter: inDays(80) },
  ],
  authorities: { value: AUTHORITIES },
  listenerPairs: { value: null },
  rootCrl: { value: { number: 7, nextUpdate: inDays(300) } },
  isRootKeyHere: false,
  database: { value: DATABASE },
  nats: null,
  disk: { value: { free: 50 * GIB, size: 100 * GIB } },
  isServerRunning: true,
  ports: [
    { name: 'HERMES_IDENTITY_PORT', port: 8443, isTaken: true },
    { name: 'HERMES_HUB_PORT', port: 9443, isTaken: true },
  ],
}

t.test('where all is well, every check says so', (t) => {
  const checks = examine(WELL)
  t.ok(checks.length >= 14, `${checks.length} checks`)
  t.equal(new Set(checks.map(({ name }) => name)).size, checks.length, 'each has a name of its own')
  for (const check of checks) t.match(check, { status: 'ok', remedy: undefined, detail: /./ }, check.name)
  t.end()
})

const inDatabase = (changes: Partial<DatabaseFacts>): Partial<Facts> => ({
  database: { value: { ...DATABASE, ...changes } },
})
const inConfig = (changes: Partial<Facts['config']>): Partial<Facts> => ({ config: { ...WELL.config, ...changes } })
const ending = (name: string, notAfter: Date, notBefore = inDays(-1000)): Partial<Facts> => ({
  certificates: WELL.certificates.map((one) => (one.name === name ? { name, notBefore, notAfter } : one)),
})
const free = (bytes: number): Partial<Facts> => ({ disk: { value: { free: bytes, size: 100 * GIB } } })

/** With a second CA of users, and what becomes of the first. */
const followed = (first: Partial<AuthorityFacts>, lastEnd = inDays(80), isRetired = false): Partial<Facts> => {
  const next = { name: 'users-2', fingerprint: 'sha256:03' } as const
  const [users, servers] = AUTHORITIES
  if (!users || !servers) throw new Error('there are two')
  return {
    authorities: { value: [{ ...users, ...next }, { ...users, isNewest: false, ...first }, servers] },
    ...inDatabase({
      authorities: [
        { name: 'servers', fingerprint: 'sha256:02', lastEnd: inDays(80), isRevoked: false, isRetired: false },
        { name: 'users', fingerprint: 'sha256:01', lastEnd, isRevoked: first.isRevoked ?? false, isRetired },
        { ...next, lastEnd: null, isRevoked: false, isRetired: false },
      ],
    }),
  }
}

type Planted = readonly [name: string, status: Check['status'], detail: RegExp, fault: Partial<Facts>]

const FAULTS: readonly Planted[] = [
  ['configuration', 'warning', /0\.0\.0\.0/, inConfig({ host: '0.0.0.0' })],
  [
    'configuration',
    'error',
    /no server starts/,
    inConfig({ natsUrl: ['nats://localhost'], databaseUrl: 'file:./hermes.db' }),
  ],
  ['Node.js', 'error', /v18/, { node: 'v18.20.0' }],
  ['Node.js', 'error', /v20\.18/, { node: 'v20.18.9' }],
  ['certificates folder', 'error', /ENOENT/, { folder: { problem: 'ENOENT: no such file' } }],
  ['certificates folder', 'error', /0777/, { folder: { value: { path: '/srv/certs', mode: 0o777 } } }],
  ['certificates folder', 'warning', /0755/, { folder: { value: { path: '/srv/certs', mode: 0o755 } } }],
  [
    'database schema',
    'error',
    /dropped, changed or added Audit_update/,
    inDatabase({ strangeSchema: ['Audit_update'] }),
  ],
  ['private keys', 'error', /users-ca\.key has mode 0640/, { keys: [{ path: '/srv/users-ca.key', mode: 0o640 }] }],
  ['certificate authorities', 'error', /not issued/, { authorities: { problem: 'users-ca.pem: not issued by root' } }],
  ['generations of CAs', 'warning', /users issued is good/, followed({}, inDays(-1))],
  ['generations of CAs', 'warning', /users was retired, but its key is here/, followed({}, inDays(-1), true)],
  [
    'generations of CAs',
    'error',
    /users is revoked/,
    { authorities: { value: AUTHORITIES.map((one) => ({ ...one, isRevoked: one.name === 'users' })) } },
  ],
  [
    'generations of CAs',
    'error',
    /users-2-ca\.pem is missing/,
    inDatabase({
      authorities: [{ name: 'users-2', fingerprint: 'sha256:03', lastEnd: null, isRevoked: false, isRetired: false }],
    }),
  ],
  [
    'generations of CAs',
    'error',
    /servers-ca\.pem is missing, or not/,
    inDatabase({
      authorities: [{ name: 'servers', fingerprint: 'sha256:ff', lastEnd: null, isRevoked: false, isRetired: false }],
    }),
  ],
  [
    'generations of CAs',
    'error',
    /users was revoked, but the root's CRL does not list it/,
    inDatabase({ authorities: DATABASE.authorities.map((one) => ({ ...one, isRevoked: one.name === 'users' })) }),
  ],
  ['end of root-ca', 'warning', /within 365 days/, ending('root-ca', inDays(200))],
  ['end of users-ca', 'warning', /within 90 days/, ending('users-ca', inDays(89))],
  ['end of users-ca', 'error', /expired/, ending('users-ca', inDays(-1))],
  ['end of servers-ca', 'error', /not valid before/, ending('servers-ca', inDays(900), inDays(1))],
  ['server certificate', 'warning', /was not renewed/, ending('server', inDays(20), inDays(-70))],
  ['server certificate', 'error', /expired/, ending('server', inDays(-1))],
  ['server certificate', 'warning', /none yet/, { certificates: WELL.certificates.slice(0, 3) }],
  ['server certificate', 'error', /not the key/, { listenerPairs: { problem: 'server.key: it is not the key' } }],
  ['CRL of the root', 'error', /missing/, { rootCrl: { problem: 'root-ca.crl is missing' } }],
  ['CRL of the root', 'error', /ended/, { rootCrl: { value: { number: 7, nextUpdate: inDays(-1) } } }],
  ['CRL of the root', 'warning', /ends on/, { rootCrl: { value: { number: 7, nextUpdate: inDays(59) } } }],
  ['CRL of the root', 'error', /older than the last, whose number was 8/, inDatabase({ rootCrl: 8 })],
  ['root key', 'warning', /on this machine/, { isRootKeyHere: true }],
  ['database file', 'error', /ENOENT/, { databaseFiles: { ...FILES, file: { problem: 'ENOENT: no such file' } } }],
  [
    'database file',
    'error',
    /0644/,
    { databaseFiles: { ...FILES, file: { value: { path: '/srv/hermes.db', mode: 0o644 } } } },
  ],
  [
    'database file',
    'error',
    /srv\/data has mode 0770/,
    { databaseFiles: { ...FILES, folder: { value: { path: '/srv/data', mode: 0o770 } } } },
  ],
  ['database integrity', 'error', /malformed/, { database: { problem: 'database disk image is malformed' } }],
  ['database integrity', 'error', /row 3 missing/, inDatabase({ damage: ['row 3 missing from index'] })],
  ['database schema', 'error', /version 10/, inDatabase({ schemaVersion: 10 })],
  ['database schema', 'warning', /version 8/, inDatabase({ schemaVersion: 8 })],
  ['database schema', 'warning', /no server has run on it/, inDatabase({ authorities: [] })],
  ['projections', 'error', /bob is stored/, inDatabase({ projections: ['bob is stored as a member'] })],
  ['audit log', 'error', /Row 3/, inDatabase({ brokenAudit: { seq: 3, reason: 'Row 3 was changed' } })],
  ['serial numbers', 'error', /2 of 5/, inDatabase({ weakSerials: 2 })],
  ['password cost', 'warning', /is 10/, inConfig({ bcryptCost: 10 })],
  ['password cost', 'ok', /3 users/, inDatabase({ hashCosts: { 10: 3, 12: 2 } })],
  ['clock', 'error', /something was stored/, inDatabase({ newest: inDays(1) })],
  ['clock', 'warning', /believes 20/, inDatabase({ believed: inDays(-1) })],
  ['clock', 'ok', /Z$/, { ...inDatabase({ believed: inDays(-1) }), isServerRunning: false, ports: [] }],
  ['clock', 'ok', /Z$/, inDatabase({ believed: null })],
  ['disk space', 'warning', /0\.5 of 100/, free(GIB / 2)],
  ['disk space', 'error', /0\.1 of 100/, free(GIB / 10)],
  ['disk space', 'warning', /EACCES/, { disk: { problem: 'EACCES' } }],
  ['ports', 'error', /8443, 9443/, { isServerRunning: false }],
  [
    'ports',
    'warning',
    /nobody listens at 8443/,
    { ports: WELL.ports.map((one) => ({ ...one, isTaken: one.port === 9443 })) },
  ],
]

t.test('each fault is found, named, and comes with a remedy; the other checks stay as they are', (t) => {
  const well = examine(WELL)
  for (const [name, status, detail, fault] of FAULTS) {
    const checks = examine({ ...WELL, ...fault })
    const found = checks.find((check) => check.name === name)
    t.match(found, { status, detail, ...(status !== 'ok' && { remedy: /./ }) }, `${name}: ${detail}`)
    const others = checks.filter((check) => check.name !== name)
    if ('authorities' in fault && fault.authorities && 'problem' in fault.authorities) continue
    if (!('database' in fault && fault.database && 'problem' in fault.database))
      t.same(
        others.map(({ status }) => status),
        well.filter((check) => check.name !== name).map(({ status }) => status),
      )
  }
  t.end()
})

t.test('a CA that another has followed is not missed when it ends', (t) => {
  for (const [first, detail] of [
    [{}, 'users-2 issues; users goes on for what it issued; servers issues'],
    [{ isRevoked: true }, 'users-2 issues; users is revoked; servers issues'],
    [{ hasKey: false }, 'users-2 issues; users is retired; servers issues'],
  ] as const) {
    const ended = WELL.certificates.map((one) => (one.name === 'users-ca' ? { ...one, notAfter: inDays(-1) } : one))
    const next = { name: 'users-2-ca', notBefore: inDays(-1), notAfter: inDays(1800) }
    const checks = examine({ ...WELL, ...followed(first), certificates: [...ended, next] })
    t.match(
      checks.find(({ name }) => name === 'generations of CAs'),
      { status: 'ok', detail },
    )
    t.same(
      checks.filter(({ status }) => status !== 'ok'),
      [],
    )
  }
  t.end()
})

t.test('a remedy is a line that does that and no more, whatever a file is called', (t) => {
  const keys = [{ path: "/srv/it's; rm -rf ~.key", mode: 0o644 }]
  const found = examine({ ...WELL, keys }).find(({ name }) => name === 'private keys')
  t.ok(found?.remedy?.startsWith("chmod 600 '/srv/it'\\''s; rm -rf ~.key'; whoever"))
  t.end()
})

t.test('a CA that only wants its passphrase is not to be restored from a backup', (t) => {
  const checks = examine({
    ...WELL,
    authorities: { problem: 'it is encrypted; name its passphrase' },
    rootCrl: { problem: '' },
  })
  const remedies = checks.filter(({ status }) => status === 'error').map(({ remedy }) => remedy)
  t.same(remedies, ['mend that: a server does not start with it', 'mend the CA first'])
  t.end()
})

t.test('without a server free ports are as they should be', (t) => {
  const ports = WELL.ports.map((one) => ({ ...one, isTaken: false }))
  const found = examine({ ...WELL, isServerRunning: false, ports }).find(({ name }) => name === 'ports')
  t.match(found, { status: 'ok', detail: /are free/ })
  t.end()
})

const SERVER = {
  name: 'postgresql://db.example.org:5432/hermes',
  version: '15.8',
  isPrivate: true,
  isDurable: true,
  bytes: 3 * GIB,
  aheadMs: 200,
}
const onServer = (changes: Partial<typeof SERVER> = {}): Partial<Facts> => ({
  databaseFiles: null,
  disk: null,
  ...inDatabase({ server: { ...SERVER, ...changes } }),
})

t.test('where PostgreSQL has the database, its server is looked at and no file', (t) => {
  const checks = examine({ ...WELL, ...onServer() })
  t.ok(checks.length >= 14)
  for (const check of checks) t.match(check, { status: 'ok', remedy: undefined }, check.name)
  t.notOk(checks.some(({ name }) => name === 'database file'))
  for (const [name, status, detail, fault] of [
    ['database server', 'error', /fsync/, onServer({ isDurable: false })],
    ['database server', 'warning', /db\.example\.org.* not encrypted/, onServer({ isPrivate: false })],
    ['database server', 'error', /ECONNREFUSED/, { ...onServer(), database: { problem: 'ECONNREFUSED' } }],
    ['clock', 'warning', /2\.5 s behind/, onServer({ aheadMs: -2500 })],
    ['disk space', 'warning', /cannot be asked/, { ...onServer(), database: { problem: 'ECONNREFUSED' } }],
  ] as const satisfies readonly Planted[]) {
    const found = examine({ ...WELL, ...fault }).find((check) => check.name === name)
    t.match(found, { status, detail, remedy: /./ }, name)
  }
  const damaged = examine({
    ...WELL,
    ...onServer(),
    ...inDatabase({ server: SERVER, damage: ['an index is not whole'] }),
  })
  t.match(
    damaged.find(({ name }) => name === 'database integrity'),
    { status: 'error', remedy: /stop every node/ },
  )
  t.end()
})

t.test('in a folder without an installation one finding says so, before anything else', async (t) => {
  const missing = (path: string) => ({ problem: `ENOENT: no such file or directory, stat '${path}'` })
  const nowhere: Facts = {
    ...WELL,
    folder: missing('/srv/certs'),
    keys: [],
    certificates: [],
    databaseFiles: { folder: missing('/srv/data'), file: missing('/srv/data/hermes.db') },
    authorities: missing('/srv/certs/root-ca.pem'),
    database: { problem: 'Cannot open database because the directory does not exist' },
    isServerRunning: false,
    ports: [],
  }
  const empty = { ...nowhere, folder: WELL.folder }
  for (const facts of [nowhere, empty]) {
    const [first, ...others] = examine(facts)
    t.match(first, { name: 'installation', status: 'error', detail: /no CA in .*certs, and no .*hermes\.db$/ })
    t.match(first?.remedy, /folder of the server.*HERMES_CERTS_DIR, HERMES_DATABASE_URL.*hermes serve/)
    t.same(
      others.map(({ name, status }) => `${name} ${status}`),
      ['configuration ok', 'Node.js ok', 'clock ok', 'ports ok'],
    )
  }
  const names = (facts: Facts) => examine(facts).map(({ name }) => name)
  t.notOk(names({ ...nowhere, databaseFiles: FILES }).includes('installation'), 'the certificates are lost')
  t.notOk(names({ ...nowhere, keys: WELL.keys }).includes('installation'), 'the database is lost')
  t.notOk(names({ ...nowhere, folder: { problem: 'EACCES: permission denied' } }).includes('installation'))
})

t.test('NATS is looked at where nodes hear each other through it', (t) => {
  const config = { ...WELL.config, databaseUrl: 'postgresql://db.example.org/hermes' }
  const found = (nats: Facts['nats']) =>
    examine({ ...WELL, ...onServer(), config, nats }).filter(({ name }) => name === 'NATS')
  const answer = { server: '10.0.0.9:4222', version: '2.9.10', refused: null }
  t.same(found(null), [])
  t.match(found({ value: answer }), [{ status: 'ok', detail: /2\.9\.10 answers at 10\.0\.0\.9:4222/ }])
  const refused = 'Permissions Violation for Subscription'
  t.match(found({ value: { ...answer, refused } }), [{ status: 'error', detail: refused, remedy: /hermes\.>/ }])
  t.match(found({ problem: 'connection refused' }), [
    { status: 'error', detail: /connection refused/, remedy: /start it/ },
  ])
  t.end()
})
