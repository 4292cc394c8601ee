import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { sql, testDatabase } from '../../store/postgres-database.js'
import { connect } from '../../support/hub-client.js'
import { shown } from '../../support/public-parts.js'
import { registerUser } from '../../support/user.js'
import { cluster, NO_CLUSTER } from './cluster.js'

// Nodes take seconds to start, and more where a machine has other work.
t.setTimeout(240_000)

const KNOWN = `SELECT "serialNumber" AS "serial", "revokedAt" IS NOT NULL AS "isRevoked" FROM "ServerCertificate"`
const serialOf = ({ serialNumber }: X509Certificate) => serialNumber.toLowerCase()

t.test(
  "the server's certificate is revoked on every node, and each gives itself another",
  { skip: NO_CLUSTER },
  async (t) => {
    const databaseUrl = await testDatabase(t)
    const { nodes } = await cluster(t, { databaseUrl })
    const [here, there] = nodes
    const live = await connect(t, there, await registerUser(there, 'alice'))
    const old = await Promise.all(nodes.map(async ({ hubUrl }) => serialOf(await shown(hubUrl))))
    t.equal(new Set(old).size, 2, 'each node has its own')
    t.match(await here.admin('revoke-server'), { code: 0 })
    const urls = [there.hubUrl, there.identityUrl]
    for (const url of urls) while (t.passing() && serialOf(await shown(url)) === old[1]) await live.call('whoami')
    t.equal(live.closed, null, 'who is connected stays')

    const now = await Promise.all(nodes.map(async ({ hubUrl }) => serialOf(await shown(hubUrl))))
    t.equal(new Set([...old, ...now]).size, 4)
    t.equal(serialOf(await shown(there.identityUrl)), now[1])
    const onDisk = new X509Certificate(await readFile(join(there.certsDir, 'server.pem')))
    t.equal(serialOf(onDisk), now[1], 'the next start has it too')
    const known = await sql<{ serial: string; isRevoked: boolean }>(databaseUrl, KNOWN)
    const serials = (isRevoked: boolean) =>
      new Set(known.filter((one) => one.isRevoked === isRevoked).map(({ serial }) => serial))
    t.same(serials(true), new Set(old))
    t.same(serials(false), new Set(now))
  },
)
