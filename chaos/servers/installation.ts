import type { Node } from '../people/world.js'
import { HermesProcess } from './hermes-process.js'
import { TcpProxy } from './proxy.js'

/** A hub, and what clients reach it through. */
export interface Hub {
  readonly process: HermesProcess
  readonly identityProxy: TcpProxy
  readonly hubProxy: TcpProxy
  readonly node: Node
}

/** Limits that a run would only run into, and times that are long beside it. */
const ENVIRONMENT = {
  HERMES_IDENTITY_PORT: '0',
  HERMES_HUB_PORT: '0',
  HERMES_BCRYPT_COST: '10',
  HERMES_PASSWORD_WORKERS: '1',
  HERMES_PASSWORD_QUEUE: '64',
  HERMES_PASSWORD_QUEUE_PER_ADDRESS: '64',
  HERMES_PASSWORDS_PER_MINUTE: '0',
  HERMES_REGISTRATIONS_PER_HOUR: '0',
  HERMES_LOGIN_FAILURES: '0',
  HERMES_CERTIFICATES_PER_HOUR: '0',
  HERMES_STARTS_PER_HOUR: '0',
  HERMES_OPEN_INVITATIONS_MAX: '0',
  HERMES_OPEN_INVITATIONS_TO_ONE_MAX: '0',
  HERMES_SUPERSEDE_MINUTES: '1',
  HERMES_WINDOW_EVENTS: '64',
  HERMES_HEARTBEAT_SECONDS: '3',
  HERMES_SLOW_SECONDS: '8',
  HERMES_DRAIN_SECONDS: '1',
  HERMES_LOG_LEVEL: 'warn',
} as const

/** Starts one hub in a folder, and its proxies. */
export async function startHub(name: string, directory: string, environment: object = {}): Promise<Hub> {
  const process = new HermesProcess(name, directory, { ...ENVIRONMENT, ...environment })
  await process.start()
  const identityProxy = await TcpProxy.start(() => process.identityPort)
  const hubProxy = await TcpProxy.start(() => process.hubPort)
  const node = {
    identityUrl: `https://localhost:${identityProxy.port}`,
    hubUrl: `https://localhost:${hubProxy.port}`,
  }
  return { process, identityProxy, hubProxy, node }
}

export async function stopHub({ process, identityProxy, hubProxy }: Hub): Promise<void> {
  identityProxy.close()
  hubProxy.close()
  if (process.isRunning) await process.end('SIGTERM')
}
