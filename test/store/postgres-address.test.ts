import t from 'tap'
import { postgresAddress } from '../../src/store/postgres/address.js'

t.test('what a URL says', async (t) => {
  const { name, config } = postgresAddress('postgresql://alice:s%40cret@127.0.0.1/hermes?options=-c%20work_mem%3D8MB')
  t.equal(name, 'postgresql://127.0.0.1:5432/hermes', 'nobody reads the password in a log')
  const { user, password, host, port, database, options, ssl } = config
  t.same(
    { user, password, host, port, database, options, ssl },
    {
      user: 'alice',
      password: 's@cret',
      host: '127.0.0.1',
      port: 5432,
      database: 'hermes',
      options: '-c work_mem=8MB',
      ssl: false,
    },
  )
  t.match(postgresAddress('postgres://[::1]:6543/h').config, { host: '::1', port: 6543, ssl: false })
  t.equal(postgresAddress('postgres://[::1]:6543/h').name, 'postgresql://[::1]:6543/h')
  const elsewhere = postgresAddress('postgresql://db.example/h?host=other.example&sslmode=disable')
  t.equal(elsewhere.name, 'postgresql://other.example:5432/h', 'where it goes')
  t.match(postgresAddress('postgresql:///h?host=/run/postgresql'), {
    name: 'postgresql:///h?host=/run/postgresql',
    config: { host: '/run/postgresql', ssl: false },
  })
})

t.test('to another machine it must say whether the way is to be trusted', async (t) => {
  const refused = /must say sslmode=verify-full .* or sslmode=disable/
  t.throws(() => postgresAddress('postgresql://db.example/h'), { code: 'invalid_request', message: refused })
  for (const mode of ['require', 'prefer', 'verify-ca', ''])
    t.throws(() => postgresAddress(`postgresql://127.0.0.1/h?sslmode=${mode}`), { message: refused }, mode)
  t.equal(postgresAddress('postgresql://db.example/h?sslmode=disable').config.ssl, false)
  t.match(postgresAddress('postgresql://db.example/h?sslmode=verify-full').config.ssl, { rejectUnauthorized: true })
})

t.test('what it says wrong is named, and its password is not', async (t) => {
  const BAD = [
    ['postgresql://alice:secret@/h', /no URL/],
    ['postgresql:///h', /no host/],
    ['postgresql://alice:secret@db.example/?sslmode=disable', /no database/],
    ['postgresql://alice:secret@db.example/h?sslmod=verify-full', /sslmod;/],
    ['postgresql://alice:secret@db.example/h?sslmode=verify-full&sslrootcert=/no/such.pem', /\/no\/such\.pem/],
    ['postgresql://alice:secret@db.example:port/h', /no URL/],
    ['postgresql://alice:secret%@db.example/h?sslmode=disable', /a % .* as %25/],
    ['postgresql://alice:secret@db.example/h?sslmode=disable&sslmode=verify-full', /sslmode more than once/],
  ] as const
  for (const [url, message] of BAD) {
    t.throws(() => postgresAddress(url), { code: 'invalid_request', message }, url)
    t.throws(() => postgresAddress(url), { message: /^(?!.*secret)/ })
  }
})
