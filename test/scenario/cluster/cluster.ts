import { randomUUID } from 'node:crypto'
import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { NO_POSTGRES, testDatabase } from '../../store/postgres-database.js'
import { type AdminCommandLine, adminIn } from '../../support/admin-command.js'
import { buildCommand } from '../../support/build.js'
import { asTestServer, type ServeProcess, serve, temporaryFolder } from '../../support/serve-process.js'
import type { TestServer } from '../../support/server.js'

/** A NATS that tests may use, such as nats://127.0.0.1:4222. */
export const NATS = process.env.HERMES_TEST_NATS_URL

/** Why tests of several nodes are skipped, or false. */
export const NO_CLUSTER = NO_POSTGRES || (NATS === undefined ? 'HERMES_TEST_NATS_URL names no NATS' : false)

export interface ClusterNode extends TestServer {
  readonly process: ServeProcess
  readonly admin: AdminCommandLine
}

export interface Cluster {
  readonly nodes: readonly [ClusterNode, ClusterNode, ...ClusterNode[]]
  /** Starts another node, or one of those again that have ended. */
  readonly start: (number: number) => Promise<ClusterNode>
}

export interface ClusterOptions {
  readonly count?: number
  readonly natsUrl?: string
  readonly databaseUrl?: string
  readonly environment?: Readonly<Record<string, string>>
}

/** Nodes as processes over one PostgreSQL and one NATS; each has a folder of certificates with the same CAs. */
export async function cluster(t: Test, options: ClusterOptions = {}): Promise<Cluster> {
  const { count = 2, natsUrl = NATS ?? '', environment = {} } = options
  const [root, command] = [await temporaryFolder(t), await buildCommand()]
  const settings = {
    HERMES_DATABASE_URL: options.databaseUrl ?? (await testDatabase(t)),
    HERMES_NATS_URL: natsUrl,
    HERMES_REQUESTS_PER_SECOND: '0',
    HERMES_DRAIN_SECONDS: '0',
    ...environment,
  }
  const start = async (number: number): Promise<ClusterNode> => {
    const directory = join(root, `node-${number}`)
    await mkdir(directory, { recursive: true })
    if (number > 0) await shareCertificates(join(root, 'node-0'), directory)
    const process = await serve(t, { directory, command, environment: settings })
    const server = await asTestServer(process, directory)
    return { ...server, process, admin: adminIn(directory, command, settings) }
  }
  const nodes: ClusterNode[] = []
  for (let number = 0; number < count; number += 1) nodes.push(await start(number))
  const [first, second, ...others] = nodes
  if (!first || !second) throw new Error('a cluster has two nodes at least')
  return { nodes: [first, second, ...others], start }
}

/** As an operator does: the CAs are those of the first node, the certificate of the server is each node's own. */
export async function shareCertificates(from: string, to: string): Promise<void> {
  await mkdir(join(to, 'certs'), { recursive: true, mode: 0o700 })
  for (const file of await readdir(join(from, 'certs')))
    if (/^[a-z0-9-]+-ca\.(pem|key|crl)$/.test(file)) await copyFile(join(from, 'certs', file), join(to, 'certs', file))
}

export const messageId = () => randomUUID()
