import { X509Certificate } from 'node:crypto'
import { readdir, readFile, stat, statfs } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import type { Config } from '../../config.js'
import { examineDatabase } from '../../store/examine.js'
import { isPostgres } from '../../store/postgres/address.js'
import { databasePath } from '../../store/sqlite/database-file.js'
import { isAnswered } from '../admin/socket.js'
import { socketAddress, socketPath } from '../admin/socket-address.js'
import { readOperatorPair } from '../certificate-files.js'
import { openAuthorities, readCertificate } from '../certificates/authorities.js'
import { type AuthoritySet, authoritySet, isNewest, isRevoked, ofKind } from '../certificates/authority-set.js'
import { certificateFile, isNamed } from '../certificates/files.js'
import { readPassphrase } from '../certificates/passphrase.js'
import { readRootCrl } from '../certificates/root-crl.js'
import { readServerPair } from '../certificates/server-pair.js'
import { LOOPBACK } from '../metrics/listen-for-metrics.js'
import { natsAddress } from '../nats-address.js'
import { isNatsAlone } from '../start-refusals.js'
import type { AuthorityFacts, CertificateFacts, Facts, FileFacts, Read } from './facts.js'

const CONNECT_MS = 1000

/** Looks at an installation, whether a server runs on it or not; changes nothing. */
export async function gatherFacts(config: Config, now: Date): Promise<Facts> {
  const directory = resolve(config.certsDir)
  const path = isPostgres(config.databaseUrl) ? null : databasePath(config.databaseUrl)
  const names = await readdir(directory).catch(() => [] as string[])
  const isRootKeyHere = names.includes('root-ca.key')
  // First: whatever the database knows is in the folder, where a running server may take more meanwhile.
  const database = await read(() => examineDatabase(config.databaseUrl))
  return {
    now,
    node: process.version,
    config,
    folder: await read(() => fileFacts(directory)),
    keys: await keysIn(directory, names),
    databaseFiles:
      path === null
        ? null
        : {
            folder: await read(() => fileFacts(dirname(path))),
            file: await read(() => fileFacts(path)),
          },
    certificates: await certificatesIn(directory, names),
    ...(await authorityFacts(config, directory, names, now)),
    isRootKeyHere,
    database,
    nats: await natsFacts(config, directory),
    disk: path === null ? null : await read(() => diskFacts(dirname(path))),
    isServerRunning: await isRunning(config),
    ports: await Promise.all(portsOf(config)),
  }
}

async function natsFacts(config: Config, directory: string): Promise<Facts['nats']> {
  const { natsUrl } = config
  if (natsUrl === null || isNatsAlone(config)) return null
  return read(async () => {
    const { probeNats } = await import('../../bus/nats/probe.js')
    const { fingerprint } = await readCertificate(certificateFile(directory, 'root-ca'))
    return probeNats(natsAddress(config, natsUrl, fingerprint))
  })
}

async function read<T>(look: () => Promise<T>): Promise<Read<T>> {
  try {
    return { value: await look() }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

async function fileFacts(path: string): Promise<FileFacts> {
  return { path, mode: (await stat(path)).mode & 0o777 }
}

/** A link may lead to what is not there now. */
async function keysIn(directory: string, names: readonly string[]): Promise<readonly FileFacts[]> {
  const files = names.filter((name) => name.endsWith('.key')).map((name) => join(directory, name))
  return (await Promise.all(files.map((file) => fileFacts(file).catch(() => [])))).flat()
}

/** Those that can be read; the check of the authorities says what is wrong with the others. */
async function certificatesIn(directory: string, names: readonly string[]): Promise<readonly CertificateFacts[]> {
  const files = names.filter((file) => isNamed(file) && file.endsWith('.pem')).sort()
  const found = files.map(async (file) => {
    const name = file.slice(0, -'.pem'.length)
    const { validFrom, validTo } = new X509Certificate(await readFile(join(directory, file)))
    return [{ name, notBefore: new Date(validFrom), notAfter: new Date(validTo) }]
  })
  return (await Promise.all(found.map((each) => each.catch(() => [])))).flat()
}

async function authorityFacts(config: Config, directory: string, names: readonly string[], now: Date) {
  const opened = await read(async () => {
    const passphrase = await readPassphrase(config.caPassphraseFile)
    return openAuthorities(directory, passphrase, names.includes('root-ca.key'), now)
  })
  const crl = await read(async () => {
    if ('problem' in opened) throw new Error('it cannot be judged while the CA is not whole')
    const found = await readRootCrl(directory, opened.value.root)
    if (found === null) throw new Error(`${join(directory, 'root-ca.crl')} is missing`)
    return found
  })
  const authorities: Facts['authorities'] =
    'problem' in opened ? opened : { value: describe(authoritySet(opened.value, 'value' in crl ? crl.value : null)) }
  const rootCrl: Facts['rootCrl'] =
    'problem' in crl ? crl : { value: { number: Number(crl.value.number), nextUpdate: crl.value.nextUpdate } }
  const listenerPairs = await read(async () => {
    const isServerHere = names.includes('server.pem') || names.includes('server.key')
    if ('value' in opened && isServerHere) await readServerPair(directory, ofKind(opened.value, 'servers'))
    await readOperatorPair({ ...config, now })
    return null
  })
  return { authorities, rootCrl, listenerPairs }
}

function describe(set: AuthoritySet): readonly AuthorityFacts[] {
  return set.generations.map(({ name, certificate: { fingerprint }, signer }) => ({
    name,
    fingerprint,
    isNewest: isNewest(set, name),
    hasKey: signer !== null,
    isRevoked: isRevoked(set, name),
  }))
}

async function diskFacts(directory: string) {
  const { bavail, blocks, bsize } = await statfs(directory)
  return { free: bavail * bsize, size: blocks * bsize }
}

async function isRunning(config: Config): Promise<boolean> {
  try {
    const address = socketAddress(socketPath(config))
    return await isAnswered(address.name).finally(() => address.release())
  } catch {
    return false
  }
}

function portsOf(config: Config): readonly Promise<Facts['ports'][number]>[] {
  const named = [
    ['HERMES_IDENTITY_PORT', config.host, config.identityPort],
    ['HERMES_HUB_PORT', config.host, config.hubPort],
    ['HERMES_PKI_HTTP_PORT', config.host, config.pkiHttpPort ?? 0],
    ['HERMES_METRICS_PORT', LOOPBACK, config.metricsPort ?? 0],
  ] as const
  // 0 picks a free one.
  return named
    .filter(([, , port]) => port !== 0)
    .map(async ([name, host, port]) => ({ name, port, isTaken: await isListening(host, port) }))
}

function isListening(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host, port, timeout: CONNECT_MS })
    const end = (isTaken: boolean) => {
      socket.destroy()
      done(isTaken)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}
