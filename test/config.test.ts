import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import t from 'tap'
import { VARIABLES } from '../src/config/variables.js'
import { loadConfig, variableTable } from '../src/config.js'

t.test('every variable has its default', async (t) => {
  t.strictSame(loadConfig({}), {
    host: '127.0.0.1',
    identityPort: 8443,
    hubPort: 9443,
    hostnames: ['localhost', '127.0.0.1', '::1'],
    trustDomain: null,
    identityUrl: null,
    hubUrl: null,
    pkiUrl: null,
    pkiHttpPort: null,
    metricsPort: null,
    crlHours: 24,
    ocspMinutes: 60,
    ocspRequestBytes: 4096,
    ocspCertificatesMax: 8,
    certsDir: './certs',
    databaseUrl: 'file:./data/hermes.db',
    databaseConnections: 8,
    databaseTimeoutSeconds: 10,
    adminSocket: null,
    natsUrl: null,
    natsCaFile: null,
    natsCertFile: null,
    natsKeyFile: null,
    natsCredentialsFile: null,
    natsInlineBytes: 65_536,
    natsBufferBytes: 16_777_216,
    pollSeconds: 15,
    caPassphraseFile: null,
    tlsCertFile: null,
    tlsKeyFile: null,
    certificateDays: 90,
    certificatesPerHour: 20,
    supersedeMinutes: 10,
    renewalGraceDays: 30,
    deletionDays: 7,
    invitationDays: 7,
    retentionDays: 30,
    clockGraceHours: 24,
    bcryptCost: 12,
    passwordWorkers: Math.min(availableParallelism(), 64),
    passwordQueue: 16,
    passwordQueuePerAddress: 8,
    passwordsPerMinute: 30,
    loginFailures: 5,
    registrationsPerHour: 20,
    addressesPerSite: 16,
    reservedUsernames: [
      ...['admin', 'administrator', 'root', 'hermes', 'system', 'support', 'server', 'ca', 'est', 'hub', 'operator'],
      ...['security', 'postmaster', 'hostmaster', 'webmaster', 'abuse', 'nobody', 'anonymous'],
    ],
    escrowSha256Iterations: 600_000,
    escrowSha512Iterations: 220_000,
    requestsPerSecond: 60,
    requestsBurst: 120,
    membersMax: 512,
    conversationInvitationsMax: 4096,
    startsPerHour: 60,
    openInvitationsMax: 100,
    openInvitationsToOneMax: 5,
    membershipsMax: 1000,
    storedBytesMax: 1_073_741_824,
    devicesMax: 16,
    socketsPerUser: 64,
    windowEvents: 256,
    windowBytes: 1_048_576,
    slowSeconds: 60,
    heartbeatSeconds: 25,
    allowedOrigins: [],
    trustedProxies: [],
    bodyBytes: 1_048_576,
    identityBodyBytes: 65_536,
    connectionSeconds: 30,
    drainSeconds: 25,
    logLevel: 'info',
  })
})

/** Values that are allowed, and what they become. */
const GOOD: readonly (readonly [name: keyof typeof VARIABLES, value: string, field: string, expected: unknown])[] = [
  ['HERMES_HOST', '::', 'host', '::'],
  ['HERMES_IDENTITY_PORT', '0', 'identityPort', 0],
  ['HERMES_HUB_PORT', '65535', 'hubPort', 65_535],
  ['HERMES_HOSTNAMES', ' hermes.example , 192.0.2.1,', 'hostnames', ['hermes.example', '192.0.2.1']],
  ['HERMES_TRUST_DOMAIN', 'a1.hermes-2.example', 'trustDomain', 'a1.hermes-2.example'],
  ['HERMES_IDENTITY_URL', 'https://id.example/', 'identityUrl', 'https://id.example/'],
  ['HERMES_DATABASE_URL', 'file:/srv/hermes.db', 'databaseUrl', 'file:/srv/hermes.db'],
  ['HERMES_DATABASE_URL', 'postgresql://db.example/hermes', 'databaseUrl', 'postgresql://db.example/hermes'],
  ['HERMES_DATABASE_CONNECTIONS', '1', 'databaseConnections', 1],
  ['HERMES_DATABASE_TIMEOUT_SECONDS', '300', 'databaseTimeoutSeconds', 300],
  ['HERMES_ADMIN_SOCKET', '/run/hermes.sock', 'adminSocket', '/run/hermes.sock'],
  [
    'HERMES_NATS_URL',
    'tls://hermes:secret@a.example, tls://b.example:4333',
    'natsUrl',
    ['tls://hermes:secret@a.example', 'tls://b.example:4333'],
  ],
  ['HERMES_NATS_CREDENTIALS_FILE', '/srv/nats.creds', 'natsCredentialsFile', '/srv/nats.creds'],
  ['HERMES_NATS_INLINE_BYTES', '0', 'natsInlineBytes', 0],
  ['HERMES_NATS_BUFFER_BYTES', '1048576', 'natsBufferBytes', 1_048_576],
  ['HERMES_POLL_SECONDS', '1', 'pollSeconds', 1],
  ['HERMES_CERTIFICATE_DAYS', '825', 'certificateDays', 825],
  ['HERMES_CERTIFICATES_PER_HOUR', '0', 'certificatesPerHour', 0],
  ['HERMES_ADDRESSES_PER_SITE', '0', 'addressesPerSite', 0],
  ['HERMES_BCRYPT_COST', '10', 'bcryptCost', 10],
  ['HERMES_PASSWORD_WORKERS', '64', 'passwordWorkers', 64],
  ['HERMES_PASSWORD_WORKERS', '1', 'passwordWorkers', 1],
  ['HERMES_RESERVED_USERNAMES', '', 'reservedUsernames', []],
  ['HERMES_LOGIN_FAILURES', '0', 'loginFailures', 0],
  [
    'HERMES_ALLOWED_ORIGINS',
    'https://a.example,https://b.example',
    'allowedOrigins',
    ['https://a.example', 'https://b.example'],
  ],
  ['HERMES_TRUSTED_PROXIES', '10.0.0.0/8,fd00::/8,::1', 'trustedProxies', ['10.0.0.0/8', 'fd00::/8', '::1']],
  ['HERMES_STORED_BYTES_MAX', '999999999999999', 'storedBytesMax', 999_999_999_999_999],
  ['HERMES_RETENTION_DAYS', '7', 'retentionDays', 7],
  ['HERMES_LOG_LEVEL', 'silent', 'logLevel', 'silent'],
]

t.test('what fits is taken', async (t) => {
  for (const [name, value, field, expected] of GOOD)
    t.strictSame(
      Object.entries(loadConfig({ [name]: value })).find(([key]) => key === field)?.[1],
      expected,
      `${name}=${value}`,
    )
})

/** Values that are refused, and the rule that the refusal names. */
const BAD: readonly (readonly [name: keyof typeof VARIABLES, values: readonly string[], rule: string])[] = [
  ['HERMES_HOST', [''], 'must not be empty'],
  [
    'HERMES_IDENTITY_PORT',
    ['', '-1', '65536', '1.5', '0x50', ' 80', '1e3', '9'.repeat(400)],
    'must be a whole number from 0 to 65535',
  ],
  ['HERMES_HUB_PORT', ['https'], 'must be a whole number from 0 to 65535'],
  ['HERMES_HOSTNAMES', ['', ' , '], 'must name at least one host'],
  ['HERMES_TRUST_DOMAIN', ['', 'Hermes.example', '-a', 'a.', 'a b'], 'must be a domain name in lower case'],
  ['HERMES_IDENTITY_URL', ['', 'http://id.example', 'id.example'], 'must be a URL that begins with https://'],
  ['HERMES_HUB_URL', ['wss://hub.example'], 'must be a URL that begins with https://'],
  ['HERMES_CERTS_DIR', [''], 'must not be empty'],
  ['HERMES_CA_PASSPHRASE_FILE', [''], 'must not be empty'],
  ['HERMES_CERTIFICATE_DAYS', ['0', '826'], 'must be a whole number from 1 to 825'],
  ['HERMES_INVITATION_DAYS', ['31'], 'must be a whole number from 1 to 30'],
  ['HERMES_RETENTION_DAYS', ['6', '0'], 'must be a whole number from 7 to 36500'],
  ['HERMES_MEMBERSHIPS_MAX', ['-1', '1000001'], 'must be a whole number from 0 to 1000000'],
  ['HERMES_BCRYPT_COST', ['9', '16'], 'must be a whole number from 10 to 15'],
  ['HERMES_PASSWORD_WORKERS', ['0', '65', 'Cores', ''], 'must be cores or a whole number from 1 to 64'],
  [
    'HERMES_TRUSTED_PROXIES',
    [
      'proxy',
      '10.0.0.1,proxy',
      '10.0.0.0/33',
      '10.0.0.0/0',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      'fd00::/129',
      'fe80::1%lo',
      '/8',
    ],
    'must be addresses, or networks such as 10.0.0.0/8',
  ],
  [
    'HERMES_NATS_URL',
    ['http://nats', 'nats', 'nats://a/x', 'nats://'],
    'must be URLs that begin with nats:// or tls://',
  ],
  ['HERMES_NATS_URL', ['', ','], 'must name at least one server'],
  ['HERMES_NATS_URL', ['nats://a,tls://b'], 'must be all nats:// or all tls://'],
  ['HERMES_NATS_INLINE_BYTES', ['-1', '1048577'], 'must be a whole number from 0 to 1048576'],
  ['HERMES_NATS_BUFFER_BYTES', ['1048575'], 'must be a whole number from 1048576 to 1073741824'],
  ['HERMES_POLL_SECONDS', ['0', '3601'], 'must be a whole number from 1 to 3600'],
  ['HERMES_SOCKETS_PER_USER', ['-1', '65537'], 'must be a whole number from 0 to 65536'],
  ['HERMES_MEMBERS_MAX', ['1', '513'], 'must be a whole number from 2 to 512'],
  ['HERMES_CONVERSATION_INVITATIONS_MAX', ['0', '65537'], 'must be a whole number from 1 to 65536'],
]

t.test('what does not fit is refused, naming the variable, the value and what is allowed', async (t) => {
  for (const [name, values, rule] of BAD)
    for (const value of values)
      t.throws(
        () => loadConfig({ [name]: value }),
        { code: 'invalid_request', message: `${name}=${value}: ${rule}` },
        `${name}=${value}`,
      )
  t.throws(() => loadConfig({ HERMES_DATABASE_URL: 'mysql://x' }), {
    code: 'invalid_request',
    message: /^HERMES_DATABASE_URL=mysql:/,
  })
  t.throws(() => loadConfig({ HERMES_LOG_LEVEL: 'loud' }), {
    code: 'invalid_request',
    message: 'HERMES_LOG_LEVEL=loud: must be fatal, error, warn, info, debug, trace or silent',
  })
})

t.test('a password is not repeated', async (t) => {
  t.throws(() => loadConfig({ HERMES_NATS_URL: 'nats://hermes:s3cret@a,tls://b' }), {
    message: 'HERMES_NATS_URL=nats://…@a,tls://b: must be all nats:// or all tls://',
  })
})

t.test('an unknown name is refused, unless it is not ours', async (t) => {
  for (const name of ['HERMES_PROT', 'HERMES_', 'HERMES_hub_port', 'HERMES_PORTAL', 'HERMES_SERVICES'])
    t.throws(
      () => loadConfig({ [name]: '1' }),
      { code: 'invalid_request', message: new RegExp(`^${name} is no variable`) },
      name,
    )
  t.strictSame(loadConfig({ PATH: '/bin', hermes_host: 'x', XHERMES_HOST: 'x' }), loadConfig({}), 'of other programs')
})

t.test('what tests are told is ignored', async (t) => {
  t.strictSame(loadConfig({ HERMES_TEST_POSTGRES_URL: 'postgresql://127.0.0.1/postgres' }), loadConfig({}))
})

t.test('what Kubernetes injects is ignored', async (t) => {
  const injected = ['HERMES_PORT', 'HERMES_PORT_8443_TCP_ADDR', 'HERMES_SERVICE_HOST', 'HERMES_SERVICE_PORT_HUB']
  t.strictSame(loadConfig(Object.fromEntries(injected.map((name) => [name, 'tcp://10.0.0.1:8443']))), loadConfig({}))
  t.throws(() => loadConfig({ HERMES_PORT: '8443' }), { message: /^HERMES_PORT is no .*HERMES_IDENTITY_PORT/ })
})

t.test('it is frozen, its lists too', async (t) => {
  const config = loadConfig({})
  t.ok(Object.isFrozen(config))
  for (const [name, value] of Object.entries(config)) if (Array.isArray(value)) t.ok(Object.isFrozen(value), name)
  t.throws(() => Object.assign(config, { hubPort: 1 }), TypeError)
})

t.test('by default it reads the environment of the process', async (t) => {
  t.teardown(() => delete process.env.HERMES_HUB_PORT)
  process.env.HERMES_HUB_PORT = '4711'
  t.equal(loadConfig().hubPort, 4711)
})

t.test('the table for people has every variable and the same on every machine', async (t) => {
  const rows = variableTable()
  t.strictSame(
    rows.map(({ name }) => name),
    Object.keys(VARIABLES),
  )
  for (const { name, byDefault, description } of rows) {
    t.match(description, /^[^|\n]+[^.]$/, name)
    if (byDefault !== null)
      t.strictSame(loadConfig({ [name]: byDefault }), loadConfig({}), `${name} as the table has it`)
  }
  t.equal(rows.find(({ name }) => name === 'HERMES_PASSWORD_WORKERS')?.byDefault, 'cores')
  t.equal(rows.find(({ name }) => name === 'HERMES_ALLOWED_ORIGINS')?.byDefault, null)
})

/** A client is told of these in a 503, which names a limit in its data, or by what it can no longer do. */
const NAMED_OTHERWISE = [
  'HERMES_PASSWORD_QUEUE',
  'HERMES_PASSWORD_QUEUE_PER_ADDRESS',
  'HERMES_REQUESTS_BURST',
  'HERMES_WINDOW_EVENTS',
  'HERMES_WINDOW_BYTES',
]

t.test('whoever reaches a limit is told its variable', async (t) => {
  const source = new URL('../src/', import.meta.url)
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  const texts = files
    .filter((name) => name.endsWith('.ts') && name !== 'config.ts' && !name.includes('generated'))
    .map((name) => readFileSync(new URL(name, source), 'utf8'))
  const limits = Object.keys(VARIABLES).filter((name) =>
    /_(MAX|PER_(SECOND|MINUTE|HOUR|ADDRESS)|QUEUE|BURST|BYTES|EVENTS|FAILURES)$|_(SLOW|HEARTBEAT|CONNECTION)_SECONDS$/.test(
      name,
    ),
  )
  t.ok(limits.length > 15)
  for (const name of limits.filter((limit) => !NAMED_OTHERWISE.includes(limit)))
    t.ok(
      texts.some((text) => new RegExp(`${name}\\b`).test(text)),
      name,
    )
})
